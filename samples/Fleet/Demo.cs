using System.Security.Cryptography;
using Fleet.Agents;
using Fleet.Contracts;
using Fleet.Operators;
using Fleet.Server;
using Microsoft.Extensions.Logging.Abstractions;
using Quickstart;
using Spectre.Console;
using TunnelRpc;

namespace Fleet;

/// <summary>A server, three agents (two of them behind a proxy) and an operator in one process, over real sockets.</summary>
internal static class Demo
{
    private const int UploadSize = 8 << 20;
    private static readonly TimeSpan AgentTokenLifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan OperatorTokenLifetime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RefreshTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The commands of the agents in this demonstration.</summary>
    public static IReadOnlyDictionary<string, AllowedCommand> Commands { get; } = new Dictionary<string, AllowedCommand>
    {
        ["runtimes"] = new("dotnet", ["--list-runtimes"]),
        ["sdks"] = new("dotnet", ["--list-sdks"]),
    };

    public static async Task RunAsync(IAnsiConsole console, CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("fleet-").FullName;
        try
        {
            await RunAsync(console, folder, cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task RunAsync(IAnsiConsole console, string folder, CancellationToken cancellationToken)
    {
        FleetTokens tokens = FleetTokens.WithNewKey();
        await using WebApplication server = await FleetServer.StartAsync(
            new FleetServerOptions(new Uri("http://127.0.0.1:0"), tokens), logging => logging.ClearProviders(), cancellationToken);
        var address = new Uri(server.Urls.First() + FleetServer.Path);
        await using LoopbackProxy proxy = LoopbackProxy.Start();

        AgentRunner StartAgent(string name, string group, Uri? through) => AgentRunner.Start(
            new AgentOptions
            {
                Name = name,
                Groups = [group],
                Server = address,
                Proxy = through,
                AccessTokenProvider = tokens.ProviderFor(name, FleetRoles.Agent, AgentTokenLifetime),
                Folder = Path.Combine(folder, name),
                Commands = Commands,
            },
            NullLoggerFactory.Instance);

        await using AgentRunner berlin = StartAgent("berlin", "eu", proxy.Address);
        await using AgentRunner paris = StartAgent("paris", "eu", proxy.Address);
        await using AgentRunner boston = StartAgent("boston", "us", null);
        await using OperatorConnection connection = await OperatorConnection.ConnectAsync(
            address, tokens.ProviderFor("olga", FleetRoles.Operator, OperatorTokenLifetime), null, cancellationToken);
        await WaitForAgentsAsync(3, connection.Fleet, cancellationToken);
        var work = new OperatorConsole(connection.Fleet, console);

        WriteHeading(console, "list: two agents are connected through a proxy");
        await work.ListAsync(cancellationToken);

        WriteHeading(console, "list, with the token of an agent: for operators only");
        await using (OperatorConnection agent = await OperatorConnection.ConnectAsync(
            address, tokens.ProviderFor("boston", FleetRoles.Agent, AgentTokenLifetime), null, cancellationToken))
        {
            await ShowRefusalAsync(console, TunnelStatus.PermissionDenied, () => agent.Fleet.ListAsync(cancellationToken));
        }

        WriteHeading(console, "run berlin runtimes");
        int code = await work.RunAsync("berlin", "runtimes", [], cancellationToken);
        console.Write(new Text($"exit code {code}\n", Color.Grey));

        WriteHeading(console, "run berlin rm: not on the agent's list");
        await ShowRefusalAsync(
            console, TunnelStatus.PermissionDenied, () => work.RunAsync("berlin", "rm", ["-rf", "/"], cancellationToken));

        WriteHeading(console, "tail paris app.log: two lines, the token expires, new lines");
        // By its id: when several transports are tried at once, a user may have another session for a moment.
        TunnelSessionInfo session = server.Services.GetRequiredService<ITunnelSessions>().OfUser("olga")
            .Single(s => s.Id == connection.SessionId);
        await ShowTailAsync(work, session, console, Path.Combine(folder, "paris", "logs", "app.log"), cancellationToken);

        WriteHeading(console, "upload 8 MiB to boston");
        string release = Path.Combine(folder, "release.bin");
        await File.WriteAllBytesAsync(release, RandomNumberGenerator.GetBytes(UploadSize), cancellationToken);
        await work.UploadAsync("boston", release, cancellationToken);

        WriteHeading(console, "upload ../release.bin: not into the agent's inbox");
        await ShowRefusalAsync(
            console,
            TunnelStatus.InvalidArgument,
            () => connection.Fleet.UploadAsync("boston", "../release.bin", Stream.Null, new Progress<long>(), cancellationToken));

        WriteHeading(console, "broadcast to the group eu");
        await work.BroadcastAsync("eu", "Maintenance at noon.", cancellationToken);

        WriteHeading(console, "paris leaves; list");
        await paris.DisposeAsync();
        await WaitForAgentsAsync(2, connection.Fleet, cancellationToken);
        await work.ListAsync(cancellationToken);
        await server.StopAsync(cancellationToken);
    }

    /// <summary>
    /// Follows a log while the token of the operator's session expires. A call ends with its session, so a tail that continues is on the
    /// same one.
    /// </summary>
    private static async Task ShowTailAsync(
        OperatorConsole work, TunnelSessionInfo session, IAnsiConsole console, string log, CancellationToken cancellationToken)
    {
        await File.WriteAllLinesAsync(log, ["started", "listening", "ready"], cancellationToken);
        int shown = 0;
        await work.TailAsync("paris", "app.log", lines: 2, OnLineAsync, cancellationToken);

        async ValueTask<bool> OnLineAsync()
        {
            if (++shown == 2)
            {
                DateTimeOffset expired = FleetTokens.ExpiryOf(session.User!);
                await WaitForRefreshAsync(session, expired, cancellationToken);
                DateTimeOffset next = FleetTokens.ExpiryOf(session.User!);
                console.Write(new Text($"token expired at {expired:HH:mm:ss}; the session has one until {next:HH:mm:ss}\n", Color.Grey));
                await File.AppendAllLinesAsync(log, ["request 1", "request 2"], cancellationToken);
            }

            return shown < 4;
        }
    }

    private static void WriteHeading(IAnsiConsole console, string what) => console.Write(new Rule(Markup.Escape(what)).LeftJustified());

    private static async Task ShowRefusalAsync(IAnsiConsole console, TunnelStatus expected, Func<Task> refused)
    {
        try
        {
            await refused();
        }
        catch (TunnelException error) when (error.Status == expected)
        {
            console.Write(new Text($"{error.Status}: {error.Message}\n", Color.Yellow));
            return;
        }

        throw new InvalidOperationException("Expected the server to refuse the call, but it succeeded.");
    }

    /// <summary>Agents connect and disconnect asynchronously.</summary>
    private static async Task WaitForAgentsAsync(int count, IOperator fleet, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while ((await fleet.ListAsync(cancellationToken)).Count != count)
        {
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    /// <summary>Waits until a token has expired and the session has a later one, which the client sent by itself.</summary>
    private static async Task WaitForRefreshAsync(TunnelSessionInfo session, DateTimeOffset expires, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (TimeProvider.System.GetUtcNow() is var now && (now < expires || FleetTokens.ExpiryOf(session.User!) <= expires))
        {
            if (now > expires + RefreshTimeout)
            {
                throw new InvalidOperationException(
                    $"Expected the client to refresh its token within {RefreshTimeout.TotalSeconds:0} s after the expiry, but it did not.");
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }
}
