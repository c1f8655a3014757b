using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using Fleet.Agents;
using Fleet.Contracts;
using Fleet.Operators;
using Fleet.Server;
using Spectre.Console;
using TunnelRpc;

namespace Fleet;

/// <summary>
/// The command line: server, token, agent, operator; without a command, a demonstration of all. The key is read from an environment
/// variable and tokens are read from files, so that other users of the machine do not see them.
/// </summary>
internal static class FleetCommands
{
    private static readonly Option<Uri> Server =
        new("--server")
        { Description = "The server's URL, for instance http://127.0.0.1:5080.", CustomParser = ParseUrl, Required = true };
    private static readonly Option<Uri?> Proxy =
        new("--proxy") { Description = "Reach the server through this HTTP proxy.", CustomParser = ParseUrl };
    private static readonly Option<FileInfo> TokenFile = new("--token-file")
    {
        Description = "The file with the bearer token. It is read for each path and each refresh: replace it before the token expires.",
        Required = true,
    };
    private static readonly Argument<string> Agent = new("agent") { Description = "The agent's name." };

    public static RootCommand Create()
    {
        var root =
            new RootCommand(
                "A fleet of agents behind firewalls, and an operator who works with them. Without a command, all run in this process.")
        {
            CreateServer(), CreateToken(), CreateAgent(), CreateOperator(),
        };
        root.SetAction((_, cancellationToken) => RunWithErrorReportAsync(() => Demo.RunAsync(AnsiConsole.Console, cancellationToken)));
        return root;
    }

    private static Command CreateServer()
    {
        var url =
            new Option<Uri>("--url")
            { Description = "Where to listen.", CustomParser = ParseUrl, DefaultValueFactory = _ => new Uri("http://127.0.0.1:5080") };
        var command = new Command("server", "Serves the fleet. Key of the tokens: FLEET_KEY.") { url };
        command.SetAction((arguments, cancellationToken) => RunWithErrorReportAsync(async () =>
        {
            var options = new FleetServerOptions(arguments.GetValue(url)!, ReadKey());
            await using WebApplication app =
                await FleetServer.StartAsync(options, logging => logging.AddSimpleConsole(o => o.SingleLine = true), cancellationToken);
            Console.WriteLine($"Serving the fleet at {string.Join(", ", app.Urls)}; Ctrl+C ends it.");
            await app.WaitForShutdownAsync(cancellationToken);
        }));
        return command;
    }

    private static Command CreateToken()
    {
        var name = new Argument<string>("name") { Description = "The name of the agent or operator." };
        var role = new Option<string>("--role") { Description = "The role of the token's owner.", Required = true };
        role.AcceptOnlyFromAmong(FleetRoles.Agent, FleetRoles.Operator);
        var minutes = new Option<int>("--minutes") { Description = "Minutes until the token expires.", DefaultValueFactory = _ => 60 };
        var command = new Command("token", "Prints a bearer token. Key of the tokens: FLEET_KEY.") { name, role, minutes };
        command.SetAction((arguments, _) => RunWithErrorReportAsync(() => Console.Out.WriteLineAsync(ReadKey().Issue(
            arguments.GetValue(name)!, arguments.GetValue(role)!, TimeSpan.FromMinutes(arguments.GetValue(minutes))))));
        return command;
    }

    private static Command CreateAgent()
    {
        var name = new Option<string>("--name") { Description = "The agent's name.", DefaultValueFactory = _ => Environment.MachineName };
        var groups =
            new Option<string[]>(
                "--group")
            { Description = "A group of the agent's; may be given several times.", DefaultValueFactory = _ => [] };
        var folder =
            new Option<string>(
                "--folder")
            { Description = "The agent's own folder, with logs and inbox.", DefaultValueFactory = _ => "fleet-agent" };
        var command = new Command("agent", "Runs an agent.") { Server, Proxy, TokenFile, name, groups, folder };
        command.SetAction((arguments, cancellationToken) => RunWithErrorReportAsync(async () =>
        {
            using ILoggerFactory loggers =
                LoggerFactory.Create(logging => logging.AddFilter("Fleet", LogLevel.Information)
                    .AddSimpleConsole(o => o.SingleLine = true));
            await using AgentRunner agent = AgentRunner.Start(
                new AgentOptions
                {
                    Name = arguments.GetValue(name)!,
                    Server = Endpoint(arguments.GetValue(Server)!),
                    Proxy = arguments.GetValue(Proxy),
                    AccessTokenProvider = TokensOf(arguments.GetValue(TokenFile)!),
                    Folder = arguments.GetValue(folder)!,
                    Groups = arguments.GetValue(groups)!,
                    Commands = Demo.Commands,
                },
                loggers);
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }));
        return command;
    }

    private static Command CreateOperator()
    {
        var command = new Argument<string>("command") { Description = "A command of the agent's list." };
        var rest =
            new Argument<string[]>(
                "arguments")
            { Description = "Arguments of the command, if it accepts any.", DefaultValueFactory = _ => [] };
        var log = new Argument<string>("log") { Description = "The log's name." };
        var lines = new Option<int>("--lines") { Description = "Number of existing lines to show first.", DefaultValueFactory = _ => 10 };
        var file = new Argument<FileInfo>("file") { Description = "The file to send." };
        var text = new Argument<string>("text") { Description = "What to tell." };
        var group = new Option<string?>("--group") { Description = "Tell this group only." };
        return new Command("operator", "Works with the fleet.")
        {
            CreateOperatorCommand("list", "Lists the agents.", [], async (console, _, token) =>
            {
                await console.ListAsync(token);
                return 0;
            }),
            CreateOperatorCommand(
                "run", "Runs a command on an agent; exits with its code.", [Agent, command, rest], (console, arguments, token) =>
                console.RunAsync(arguments.GetValue(Agent)!, arguments.GetValue(command)!, arguments.GetValue(rest)!, token)),
            CreateOperatorCommand(
                "tail", "Follows a log of an agent until Ctrl+C.", [Agent, log, lines], async (console, arguments, token) =>
            {
                await console.TailAsync(
                    arguments.GetValue(Agent)!, arguments.GetValue(log)!, arguments.GetValue(lines), () =>
                        new ValueTask<bool>(true), token);
                return 0;
            }),
            CreateOperatorCommand("upload", "Sends a file to an agent.", [Agent, file], async (console, arguments, token) =>
            {
                await console.UploadAsync(arguments.GetValue(Agent)!, arguments.GetValue(file)!.FullName, token);
                return 0;
            }),
            CreateOperatorCommand(
                "broadcast", "Sends a text to the agents of a group, or to all.", [text, group], async (console, arguments, token) =>
            {
                IReadOnlyList<Delivery> deliveries =
                    await console.BroadcastAsync(arguments.GetValue(group), arguments.GetValue(text)!, token);
                return deliveries.All(d => d.Error is null) ? 0 : 1;
            }),
        };
    }

    private static Command CreateOperatorCommand(
        string name, string description, Symbol[] symbols, Func<OperatorConsole, ParseResult, CancellationToken, Task<int>> action)
    {
        var verb = new Command(name, description) { Server, Proxy, TokenFile };
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                verb.Add(argument);
            }
            else
            {
                verb.Add((Option)symbol);
            }
        }

        verb.SetAction(async (arguments, cancellationToken) =>
        {
            int code = 1;
            int failed = await RunWithErrorReportAsync(async () =>
            {
                await using OperatorConnection connection = await OperatorConnection.ConnectAsync(
                    Endpoint(arguments.GetValue(Server)!),
                    TokensOf(arguments.GetValue(TokenFile)!),
                    arguments.GetValue(Proxy),
                    cancellationToken);
                code = await action(new OperatorConsole(connection.Fleet, AnsiConsole.Console), arguments, cancellationToken);
            });
            return failed != 0 ? failed : code;
        });
        return verb;
    }

    /// <summary>Prints an error that the user can correct as one line, without a stack trace.</summary>
    private static async Task<int> RunWithErrorReportAsync(Func<Task> action)
    {
        try
        {
            await action();
            return 0;
        }
        catch (TunnelException error)
        {
            await Console.Error.WriteLineAsync($"{error.Status}: {error.Message}");
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or InvalidDataException or ArgumentException)
        {
            await Console.Error.WriteLineAsync(error.Message);
        }
        catch (OperationCanceledException)
        {
            return 0;
        }

        return 1;
    }

    private static Uri Endpoint(Uri server) => server.AbsolutePath == "/" ? new Uri(server, FleetServer.Path) : server;

    private static Uri? ParseUrl(ArgumentResult result)
    {
        if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out Uri? url) && url.Scheme is ("http" or "https"))
        {
            return url;
        }

        result.AddError($"Expected an http or https URL, got '{result.Tokens[0].Value}'.");
        return null;
    }

    private static FleetTokens ReadKey() => Environment.GetEnvironmentVariable("FLEET_KEY") is { Length: >= 32 } key
        ? new FleetTokens(Encoding.UTF8.GetBytes(key))
        : throw new InvalidOperationException("Set the environment variable FLEET_KEY to a random text of at least 32 characters.");

    private static Func<CancellationToken, ValueTask<string?>> TokensOf(FileInfo file) =>
        async cancellationToken => (await File.ReadAllTextAsync(file.FullName, cancellationToken)).Trim();
}
