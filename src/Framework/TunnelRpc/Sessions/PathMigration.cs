namespace TunnelRpc.Sessions;

/// <summary>A move to another path that has begun: while it is not disposed, the loss of the present path ends nothing. Disposed once.</summary>
internal sealed class PathMigration(PathManager manager) : IDisposable
{
    public void Dispose() => manager.EndMigration();
}
