namespace TunnelRpc.Cli.Tests.Gateway;

/// <summary>"tunnelrpc serve --gateway" as a process.</summary>
internal sealed class RelayProcess : IAsyncDisposable
{
    private readonly ToolProcess _process;

    private RelayProcess(ToolProcess process, string root)
    {
        _process = process;
        Root = root;
    }

    /// <summary>The URL of the server, without a slash at its end.</summary>
    public string Root { get; }

    public string Tunnel => Root + "/tunnel";

    public static Task<RelayProcess> StartAsync(params string[] arguments) =>
        StartAtAsync("http://127.0.0.1:0", ["--gateway", "/apps", "--claims", "any", .. arguments]);

    public static async Task<RelayProcess> StartAtAsync(string url, params string[] arguments)
    {
        ToolProcess process = ToolProcess.Start(["serve", "--urls", url, .. arguments]);
        string? line = await process.ReadLineAsync();
        line.ShouldNotBeNull((line is null ? await process.EndAsync() : null)?.Error);
        return new RelayProcess(process, line["Listening on ".Length..].Replace("/tunnel", "", StringComparison.Ordinal));
    }

    public Task<string?> ReadLineAsync() => _process.ReadLineAsync();

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
