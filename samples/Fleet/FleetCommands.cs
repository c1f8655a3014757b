using System.CommandLine;
using Fleet.Agents;
using Fleet.Contracts;
using Fleet.Operators;
using Fleet.Server;
using Spectre.Console;
using TunnelRpc;

namespace Fleet;

/// <summary>
/// The command line: server, agent, operator; without a command, a demonstration of all three. Secrets are read from environment variables,
/// which other users of the machine cannot see.
/// </summary>
internal static class FleetCommands
{
    private static readonly Option<Uri> Server =
        new("--server") { Description = "The server's URL, for instance http://127.0.0.1:5080.", Required = true };
    private static readonly Option<Uri?> Proxy = new("--proxy") { Description = "Reach the server through this HTTP proxy." };
    private static readonly Argument<string> Agent = new("agent") { Description = "The agent's name." };

    public static RootCommand Create()
    {
        var root =
            new RootCommand(
                "A fleet of agents behind firewalls, and an operator who works with them. Without a command, all run in this process.")
        {
            CreateServer(), CreateAgent(), CreateOperator(),
        };
        root.SetAction((_, cancellationToken) => RunWithErrorReportAsync(() => Demo.RunAsync(AnsiConsole.Console, cancellationToken)));
        return root;
    }

    private static Command CreateServer()
    {
        var url =
            new Option<Uri>("--url") { Description = "Where to listen.", DefaultValueFactory = _ => new Uri("http://127.0.0.1:5080") };
        var command = new Command("server", "Serves the fleet. Tokens: FLEET_AGENT_TOKEN, FLEET_OPERATOR_TOKEN.") { url };
        command.SetAction((arguments, cancellationToken) => RunWithErrorReportAsync(async () =>
        {
            var options = new FleetServerOptions(arguments.GetValue(url)!, Secret("FLEET_AGENT_TOKEN"), Secret("FLEET_OPERATOR_TOKEN"));
            await using WebApplication app =
                await FleetServer.StartAsync(options, logging => logging.AddSimpleConsole(o => o.SingleLine = true), cancellationToken);
            Console.WriteLine($"Serving the fleet at {string.Join(", ", app.Urls)}; Ctrl+C ends it.");
            await app.WaitForShutdownAsync(cancellationToken);
        }));
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
        var command = new Command("agent", "Runs an agent. Token: FLEET_TOKEN.") { Server, Proxy, name, groups, folder };
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
                    Token = Secret("FLEET_TOKEN"),
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
        return new Command("operator", "Works with the fleet. Token: FLEET_TOKEN.")
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
        var verb = new Command(name, description) { Server, Proxy };
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
                    Endpoint(arguments.GetValue(Server)!), Secret("FLEET_TOKEN"), arguments.GetValue(Proxy), cancellationToken);
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

    private static string Secret(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
        ? value
        : throw new InvalidOperationException($"Set the environment variable {variable} to the token.");
}
