using global::Fleet.Agents;
using global::Fleet.Contracts;
using global::Fleet.Operators;
using global::Fleet.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using TunnelRpc.Transports.Tests.Servers;

namespace TunnelRpc.Samples.Tests.Fleet;

/// <summary>
/// The complete sample: a server on Kestrel, three agents and an operator. The agents berlin and paris (group eu) connect through a proxy,
/// the agent boston (group us) connects directly.
/// </summary>
internal sealed class FleetApp : IAsyncDisposable
{
    public static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);

    private readonly WebApplication _server;
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-test-").FullName;
    private readonly ILoggerFactory _loggers;
    private readonly List<AgentRunner> _agents = [];
    private readonly OperatorConnection _connection;

    private FleetApp(WebApplication server, FleetTokens tokens, EventLog log, OperatorConnection connection)
    {
        Tokens = tokens;
        _server = server;
        Log = log;
        _loggers = LoggerFactory.Create(l => l.AddProvider(log));
        _connection = connection;
    }

    public EventLog Log { get; }

    public FleetTokens Tokens { get; }

    public ConnectProxy Proxy { get; } = ConnectProxy.Start();

    public Uri Address => AddressOf(_server);

    public IOperator Operator => _connection.Fleet;

    /// <param name="agents">Whether to start the three agents and wait until they have joined.</param>
    public static async Task<FleetApp> StartAsync(bool agents = true)
    {
        var log = new EventLog();
        FleetTokens tokens = FleetTokens.WithNewKey();
        WebApplication server = await FleetServer.StartAsync(
            new FleetServerOptions(new Uri("http://127.0.0.1:0"), tokens),
            logging => logging.ClearProviders().AddProvider(log),
            CancellationToken.None);
        OperatorConnection connection = await OperatorConnection.ConnectAsync(
            AddressOf(server), tokens.ProviderFor("olga", FleetRoles.Operator, TokenLifetime), null, CancellationToken.None);
        var app = new FleetApp(server, tokens, log, connection);
        if (agents)
        {
            app.StartAgent("berlin", ["eu"], app.Proxy.Address);
            app.StartAgent("paris", ["eu"], app.Proxy.Address);
            app.StartAgent("boston", ["us"], null);
            foreach (string name in (string[])["berlin", "paris", "boston"])
            {
                await log.WaitForAsync($"The agent {name} joined");
            }
        }

        return app;
    }

    public AgentRunner StartAgent(string name, IReadOnlyList<string> groups, Uri? proxy, Func<AgentOptions, AgentOptions>? change = null)
    {
        var options = new AgentOptions
        {
            Name = name,
            Groups = groups,
            Server = Address,
            Proxy = proxy,
            AccessTokenProvider = Tokens.ProviderFor(name, FleetRoles.Agent, TokenLifetime),
            Folder = Path.Combine(_folder, name),
            Commands = new Dictionary<string, AllowedCommand>
            {
                ["runtimes"] = new("dotnet", ["--list-runtimes"]),
                ["broken"] = new("dotnet", ["there-is-no-such-file.dll"]),
                ["endless"] = new("sh", ["-c", "echo $$; exec sleep 1000"]),
                ["dotnet"] = new("dotnet", [], TakesArguments: true),
            },
            TailInterval = TimeSpan.FromMilliseconds(20),
            ReconnectDelay = TimeSpan.FromMilliseconds(20),
        };
        AgentRunner agent = AgentRunner.Start(change?.Invoke(options) ?? options, _loggers);
        _agents.Add(agent);
        return agent;
    }

    public AgentRunner Agent(int index) => _agents[index];

    /// <summary>Returns the path of a file in the folder of an agent.</summary>
    public string FileOf(string agent, params string[] path) => Path.Combine([_folder, agent, .. path]);

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        foreach (AgentRunner agent in _agents)
        {
            await agent.DisposeAsync();
        }

        await Proxy.DisposeAsync();
        await _server.DisposeAsync();
        _loggers.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static Uri AddressOf(WebApplication server) => new(server.Urls.First() + FleetServer.Path);
}
