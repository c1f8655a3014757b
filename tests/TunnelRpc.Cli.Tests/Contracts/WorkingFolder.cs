using System.IO.Compression;

namespace TunnelRpc.Cli.Tests.Contracts;

/// <summary>A folder for the files of one test.</summary>
internal sealed class WorkingFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tunnelrpc-contracts-");

    /// <summary>An assembly with contracts: the runtime, which serves the probe. Its XML documentation is beside it.</summary>
    public static string Assembly => typeof(TunnelServer).Assembly.Location;

    public string this[string name] => Path.Combine(_folder.FullName, name);

    /// <summary>Creates a file.</summary>
    public string Write(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    /// <summary>Creates a package of files.</summary>
    public string Pack(string name, params (string Path, byte[] Content)[] files)
    {
        using ZipArchive archive = ZipFile.Open(this[name], ZipArchiveMode.Create);
        foreach ((string path, byte[] content) in files)
        {
            using Stream file = archive.CreateEntry(path, CompressionLevel.Fastest).Open();
            file.Write(content);
        }

        return this[name];
    }

    /// <summary>Creates a lock of the assembly.</summary>
    public async Task<string> LockAsync(string name)
    {
        (await CommandResult.RunAsync("contract", "lock", Assembly, "-o", this[name])).ExitCode.ShouldBe(0);
        return this[name];
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
