namespace TunnelRpc.Transports;

/// <summary>The result of one try to open a TCP connection to an address.</summary>
public enum AddressOutcome
{
    /// <summary>The TCP connection opened. Whether TLS and HTTP succeed on it is another question.</summary>
    Connected,

    /// <summary>The machine at the address refused the connection: no program listens on the port, or a firewall rejects it.</summary>
    Refused,

    /// <summary>No reply arrived within the platform's timeout, or before the attempt itself timed out.</summary>
    TimedOut,

    /// <summary>There is no route to the address, or this machine does not support its address family.</summary>
    Unreachable,

    /// <summary>The try was cancelled without a result: another address connected first, or the attempt ended.</summary>
    Abandoned,

    /// <summary>The try failed in another way, which <see cref="AddressAttempt.Error"/> names.</summary>
    Failed,
}
