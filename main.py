"""What cdktf runs in this repository: gate.hcl in, Terraform JSON out, as `gate synth` does."""

import sys

from athena_gate.gate.synth.program import main

if __name__ == "__main__":
    sys.exit(main())
