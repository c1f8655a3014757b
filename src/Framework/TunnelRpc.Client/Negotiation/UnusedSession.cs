using TunnelRpc.Sessions;

namespace TunnelRpc.Client.Negotiation;

/// <summary>What listens to a session that is closed as soon as it is made: nothing the server says on it counts. Without state.</summary>
internal sealed class UnusedSession : ISessionSink
{
    public static readonly UnusedSession Instance = new();

    public ulong StopAccepting() => 0;

    public void OnData(ReadOnlySpan<byte> data)
    {
        // CLOSE tells the server that none of its calls has run.
    }

    public void OnRoom()
    {
        // Nothing waits to be sent.
    }

    public void OnEnded(SessionEnd end)
    {
        // Nothing depends on it.
    }
}
