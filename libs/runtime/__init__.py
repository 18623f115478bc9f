"""What every process stands on, one concern a file. Imports libs.contracts, never a service."""
