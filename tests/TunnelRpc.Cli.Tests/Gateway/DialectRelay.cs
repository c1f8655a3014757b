namespace TunnelRpc.Cli.Tests.Gateway;

/// <summary>"tunnelrpc serve" with every front end as a process, and a client of it. One for a class of tests.</summary>
public sealed class DialectRelay : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    // Set by InitializeAsync, before a test runs.
    private RelayProcess? _relay;

    /// <summary>The URL of the server, without a slash at its end.</summary>
    public string Root => _relay!.Root;

    /// <summary>The lines after the first one, which says where tunnels are.</summary>
    public IReadOnlyList<string> Lines { get; private set; } = [];

    /// <summary>Sends requests as they are.</summary>
    public HttpClient Client { get; } = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false })
    {
        Timeout = Limit,
    };

    public async Task InitializeAsync()
    {
        // The command of the documentation, and the dialects that it leaves out.
        _relay = await RelayProcess.StartAtAsync(
            "http://127.0.0.1:0", "--gateway", "/apps", "--reversehttp", "/reversehttp", "--comet", "/comet", "--httpsock", "/sock",
            "--claims", "any", "--ptth", "/ptth", "--raw", "/raw");
        var lines = new List<string>();
        while (lines.Count < 6)
        {
            lines.Add((await _relay.ReadLineAsync())!);
        }

        Lines = lines;
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        if (_relay is not null)
        {
            await _relay.DisposeAsync();
        }
    }
}
