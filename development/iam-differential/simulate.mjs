// Reads one simulation per line of standard input and writes one answer per line of standard output.
import { createInterface } from 'node:readline'
import { runSimulation } from '@cloud-copilot/iam-simulate'

for await (const line of createInterface({ input: process.stdin })) {
  const outcome = await runSimulation(JSON.parse(line), { simulationMode: 'Strict' })
  const answer =
    outcome.resultType === 'error'
      ? { error: outcome.errors.message, details: outcome.errors }
      : { answer: outcome.overallResult, ignored: outcome.result?.ignoredContextKeys ?? [] }
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
