"""What cdktf runs in this repository: gate.hcl in, Terraform JSON out, as `gate synth` does."""

import sys

from athena_gate.gate.synth import end
from athena_gate.gate.synth.program import main

if __name__ == "__main__":
    code = main()
    end(code)
    sys.exit(code)
