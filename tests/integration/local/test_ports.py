import socket

import pytest

from deploy.local.errors import PortTakenError
from deploy.local.ports import DEFAULT_PORTS, LocalPorts, free_port, is_free


def test_the_defaults_are_all_different():
    ports = LocalPorts.from_environment({})
    assert ports["gateway"] == 8080
    assert len({ports[port.name] for port in DEFAULT_PORTS}) == len(DEFAULT_PORTS)


def test_a_variable_moves_a_port():
    assert LocalPorts.from_environment({"GATEWAY_PORT": "9000"})["gateway"] == 9000


@pytest.mark.parametrize("value", ["http", "0", "65536", "-1", "80 80"])
def test_what_is_no_port_is_refused_by_its_variable(value: str):
    with pytest.raises(PortTakenError, match="GATEWAY_PORT"):
        LocalPorts.from_environment({"GATEWAY_PORT": value})


def test_two_names_for_one_port_are_refused():
    with pytest.raises(PortTakenError, match="conversation and gateway both have port 8081"):
        LocalPorts.from_environment({"GATEWAY_PORT": "8081"})


def test_a_taken_port_is_named_with_the_variable_that_moves_it():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        number = taken.getsockname()[1]
        ports = LocalPorts.from_environment({"GATEWAY_PORT": str(number)})
        with pytest.raises(
            PortTakenError, match=rf"port {number} \(gateway\) is taken; GATEWAY_PORT=\d+ moves it"
        ):
            ports.check_free(["gateway"])


def test_free_ports_are_free_and_different():
    ports = [free_port() for _ in range(50)]
    assert len(set(ports)) == 50
    assert all(is_free(port) for port in ports)
