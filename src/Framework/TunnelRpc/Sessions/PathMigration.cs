namespace TunnelRpc.Sessions;

// Decision: docs/adr/0020-resume-is-a-migration.md
/// <summary>
/// A pending migration. Until it is disposed, the loss of the current path does not end the session. Disposed once, by the caller of
/// <see cref="PathManager.BeginMigration"/>.
/// </summary>
internal sealed class PathMigration(PathManager manager) : IDisposable
{
    public void Dispose() => manager.EndMigration();
}
