namespace TunnelRpc.Interop.MessagePack;

/// <summary>A new temporary directory, which is deleted on disposal.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("tunnelrpc-msgpack-");

    public string File(string name) => Path.Combine(_directory.FullName, name);

    public void Dispose() => _directory.Delete(recursive: true);
}
