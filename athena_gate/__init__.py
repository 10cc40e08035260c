"""athena-gate: who may reach a company's Amazon Athena, as Terraform.

The folders gate, modules and stacks lie at the top of the repository and are linked here: they have
one import name, installed or not.
"""
