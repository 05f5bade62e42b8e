// The door of Cryptography.
