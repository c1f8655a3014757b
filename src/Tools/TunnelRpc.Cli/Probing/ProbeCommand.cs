using System.CommandLine;
using System.CommandLine.Parsing;
using TunnelRpc.Cli.Connecting;
using TunnelRpc.Transports;

namespace TunnelRpc.Cli.Probing;

/// <summary>The command "tunnelrpc probe URL".</summary>
internal static class ProbeCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var address = new Argument<Uri>("URL")
        {
            Description = "The URL that the server passed to MapTunnelRpc, for instance https://ops.example/tunnel.",
            CustomParser = HttpUrl.Parse,
        };
        var transports = new Option<string[]>("--transport")
        {
            Description = "Try only this transport. May be given several times, in the order of preference. "
                + $"Transports: {string.Join(", ", HttpTransports.Default.Select(t => t.Name))}.",
        };
        transports.Validators.Add(ValidateTransports);
        var calls = new Option<int>("--calls")
        {
            Description = "The number of calls, and of callbacks.",
            DefaultValueFactory = _ => 10,
            CustomParser = result => TunnelArguments.ParseNumber(result, 1, 1_000_000),
        };
        var bytes = new Option<long>("--bytes")
        {
            Description = "The number of bytes that each call and each callback carries in each direction.",
            DefaultValueFactory = _ => 32,
            CustomParser = result => TunnelArguments.ParseNumber(result, 0, 1L << 30),
        };
        var timeout = new Option<double>("--timeout")
        {
            Description = "The most time for each attempt and each call, in seconds.",
            DefaultValueFactory = _ => 10,
            CustomParser = result => TunnelArguments.ParseNumber(result, 0.05, 3600),
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON object and nothing else." };
        var command = new Command(
            "probe",
            "Connects to a server with the transport negotiation of the client, then makes calls in both directions. "
            + "Exit code: 0 if a path carries calls in both directions, 1 if none does, 2 if the command line is invalid.")
        {
            address, transports, calls, bytes, timeout, json,
        };
        var tunnel = new TunnelArguments();
        tunnel.AddTo(command);
        command.SetAction((arguments, cancellationToken) =>
        {
            string[] names = arguments.GetValue(transports) ?? [];
            var options = new ProbeOptions(
                arguments.GetValue(address)!,
                names.Length == 0 ? HttpTransports.Default : [.. names.Select(name => HttpTransports.Default.First(t => t.Name == name))])
            {
                Tunnel = tunnel.Read(arguments),
                Calls = arguments.GetValue(calls),
                Bytes = arguments.GetValue(bytes),
                Timeout = TimeSpan.FromSeconds(arguments.GetValue(timeout)),
            };
            return RunAsync(options, arguments.GetValue(json) ? new JsonView(output) : CreateView(output), error, cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(ProbeOptions options, IProbeView view, TextWriter error, CancellationToken cancellationToken)
    {
        await options.Tunnel.WarnAsync(error).ConfigureAwait(false);
        var run = new ProbeRun(options);
        await using (run.ConfigureAwait(false))
        {
            ProbeResult result = await view.ShowAsync(run, cancellationToken).ConfigureAwait(false);
            return result.IsOk ? ExitCode.Ok : ExitCode.Failed;
        }
    }

    private static IProbeView CreateView(TextWriter output) =>
        output == Console.Out && !Console.IsOutputRedirected ? new LiveView() : new PlainView(output);

    private static void ValidateTransports(OptionResult result)
    {
        string[] known = [.. HttpTransports.Default.Select(t => t.Name)];
        string[] given = [.. result.Tokens.Select(t => t.Value)];
        if (given.FirstOrDefault(name => !known.Contains(name)) is { } unknown)
        {
            result.AddError($"Expected one of the transports {string.Join(", ", known)}, got \"{unknown}\".");
        }
        else if (given.Distinct().Count() != given.Length)
        {
            result.AddError("Expected each transport once, got one of them twice.");
        }
    }
}
