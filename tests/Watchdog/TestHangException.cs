namespace TunnelRpc.Tests.Watchdog;

/// <summary>The failure of a test that hangs. The message is the state of both sides.</summary>
internal sealed class TestHangException(string message) : Exception(message);
