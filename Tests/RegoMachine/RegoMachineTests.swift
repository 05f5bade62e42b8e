// Tests of RegoMachine.
