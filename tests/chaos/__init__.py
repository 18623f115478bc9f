"""Faults under load: `make chaos` writes build/chaos.json. Its short form is part of the suite
(tests/e2e/test_kill_each_service.py, tests/e2e/test_sick_providers.py, tests/chaos/test_model_endpoint.py).
"""
