namespace TunnelRpc.Sessions;

/// <summary>A move to another path that has begun: while it is not disposed, the loss of the present path ends nothing. Disposed once.</summary>
internal sealed class SessionMove(SessionPaths paths) : IDisposable
{
    public void Dispose() => paths.EndMove();
}
