using TunnelRpc.Sessions;

namespace TunnelRpc.Tests.Fuzz;

/// <summary>Forwards to another handler and records the error that ended the session.</summary>
internal sealed class EndRecorder(ISessionHandler inner) : ISessionHandler
{
    public TunnelException? Error { get; private set; }

    public ulong StopAcceptingCalls() => inner.StopAcceptingCalls();

    public void OnData(ReadOnlySpan<byte> data) => inner.OnData(data);

    public void OnCapacityAvailable() => inner.OnCapacityAvailable();

    public void OnEnded(SessionEnd end)
    {
        Error.ShouldBeNull();
        Error = end.Error;
        inner.OnEnded(end);
    }
}
