using TunnelRpc.Sessions;

namespace TunnelRpc.Tests.Fuzz;

/// <summary>Passes everything on and keeps how the session ended.</summary>
internal sealed class EndRecorder(ISessionSink inner) : ISessionSink
{
    public TunnelException? Error { get; private set; }

    public ulong StopAccepting() => inner.StopAccepting();

    public void OnData(ReadOnlySpan<byte> data) => inner.OnData(data);

    public void OnRoom() => inner.OnRoom();

    public void OnEnded(SessionEnd end)
    {
        Error.ShouldBeNull();
        Error = end.Error;
        inner.OnEnded(end);
    }
}
