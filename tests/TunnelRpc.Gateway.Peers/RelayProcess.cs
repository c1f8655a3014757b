namespace TunnelRpc.Gateway.Peers;

/// <summary>
/// The command "tunnelrpc serve" with every dialect, as a process, and a client in front of it. One for each class of tests.
/// </summary>
public sealed class RelayProcess : IAsyncLifetime
{
    // Set by InitializeAsync, before a test runs.
    private ProgramProcess? _process;

    /// <summary>The URL of the server, without a slash at its end.</summary>
    public string Root { get; private set; } = "";

    /// <summary>Sends requests as they are: no redirects, no cookies, no proxy.</summary>
    public HttpClient Client { get; } = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        MaxConnectionsPerServer = 100,
        UseCookies = false,
        UseProxy = false,
    })
    {
        Timeout = ProgramProcess.HangTimeout,
    };

    /// <summary>The public address of a path of a name.</summary>
    public Uri Address(string name, string path) => new($"{Root}/apps/{name}{path}");

    public async Task InitializeAsync()
    {
        _process = ProgramProcess.Start(
            "dotnet",
            AppContext.BaseDirectory,
            [
                Path.Combine(AppContext.BaseDirectory, "TunnelRpc.Cli.dll"), "serve", "--urls", "http://127.0.0.1:0",
                "--gateway", "/apps", "--reversehttp", "/reversehttp", "--comet", "/comet", "--ptth", "/ptth", "--raw", "/raw",
                "--httpsock", "/sock", "--claims", "any",
            ]);
        string line = await _process.ReadLineAsync();
        Root = new Uri(line["Listening on ".Length..]).GetLeftPart(UriPartial.Authority);
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }
}
