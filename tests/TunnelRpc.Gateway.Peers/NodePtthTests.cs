namespace TunnelRpc.Gateway.Peers;

/// <summary>Claims by PTTH, with the package reverse-http of npm in Node.js.</summary>
public sealed class NodePtthTests(RelayProcess relay) : DialectTests(relay), IAsyncLifetime
{
    private static readonly Lazy<Task<string>> Folder = new(InstallAsync);

    // Set by InitializeAsync, before a test runs.
    private string _folder = "";

    public async Task InitializeAsync() => _folder = await Folder.Value;

    public Task DisposeAsync() => Task.CompletedTask;

    // Each server of the package has one connection; the program starts several of them.
    private protected override ProgramProcess Start(string name, int programs = 1) =>
        ProgramProcess.Start("node", _folder, "peer.js", $"{Relay.Root}/ptth/{name}", $"{programs}");

    private protected override async Task AssertRefusedAsync(ProgramProcess program)
    {
        // The package does not report the status.
        (int exitCode, _, string error) = await program.EndAsync();
        (exitCode, error.Trim()).ShouldBe((1, "Unexpected response to PTTH/1.0 Upgrade request"));
    }

    /// <summary>Installs the package into a folder of this run. "npm ci" installs the exact versions of the lock file.</summary>
    private static async Task<string> InstallAsync()
    {
        string folder = Path.Combine(ProgramProcess.Scripts, "reverse-http");
        await using ProgramProcess npm = ProgramProcess.Start("npm", folder, "ci", "--no-audit", "--no-fund");
        (int exitCode, string output, string error) = await npm.EndAsync();
        return exitCode == 0 ? folder : throw new InvalidOperationException($"npm ci failed with exit code {exitCode}: {output}{error}");
    }
}
