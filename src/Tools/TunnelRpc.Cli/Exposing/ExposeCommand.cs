using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using TunnelRpc.Cli.Connecting;

namespace TunnelRpc.Cli.Exposing;

/// <summary>The command "tunnelrpc expose".</summary>
internal static partial class ExposeCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var origin = new Argument<Uri>("ORIGIN")
        {
            Description = "The local server that requests are forwarded to, for instance http://127.0.0.1:3000.",
            CustomParser = HttpUrl.Parse,
        };
        var name = new Option<string>("--name")
        {
            Description = "The name to claim at the gateway: letters, digits and hyphens.",
            Required = true,
        };
        name.Validators.Add(ValidateName);
        var gateway = new Option<Uri>("--to")
        {
            Description = "The URL of the gateway's tunnel, for instance https://relay.example/tunnel.",
            Required = true,
            CustomParser = HttpUrl.Parse,
        };
        var host = new Option<string?>("--host-header")
        {
            Description = "The Host of the requests to the local server. Default: the host that the gateway was asked for.",
        };
        host.Validators.Add(ValidateHost);
        var timeout = new Option<double>("--timeout")
        {
            Description = "The most time for the first connect, in seconds. Later the command connects again until it is ended.",
            DefaultValueFactory = _ => 10,
            CustomParser = result => TunnelArguments.ParseNumber(result, 0.05, 3600),
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON object a line and nothing else." };
        var command = new Command(
            "expose",
            "Lets a gateway reach a local web server, until Ctrl-C or SIGTERM: claims a name, prints the public URL and each request. "
            + "Exit code: 0 if it was ended, 1 if the gateway cannot be reached, 2 if the command line is invalid, 3 if the gateway "
            + "refuses the name.")
        {
            origin, name, gateway, host, timeout, json,
        };
        var tunnel = new TunnelArguments();
        tunnel.AddTo(command);
        command.SetAction((arguments, cancellationToken) =>
        {
            var options = new ExposeOptions(
                arguments.GetValue(origin)!, arguments.GetValue(name)!, arguments.GetValue(gateway)!)
            {
                Tunnel = tunnel.Read(arguments),
                HostHeader = arguments.GetValue(host),
                Timeout = TimeSpan.FromSeconds(arguments.GetValue(timeout)),
            };
            IExposeView view = arguments.GetValue(json) ? new JsonExposeView(options, output)
                : output == Console.Out && !Console.IsOutputRedirected ? new LiveExposeView(options)
                : new PlainExposeView(options, output);
            return RunAsync(options, view, error, cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(ExposeOptions options, IExposeView view, TextWriter error, CancellationToken cancellationToken)
    {
        if (options.Origin.Query.Length > 0 || options.Origin.Fragment.Length > 0 || options.Origin.UserInfo.Length > 0)
        {
            throw new UsageException("Expected ORIGIN to be a URL without user, query and fragment, got one of them.");
        }

        await options.Tunnel.WarnAsync(error).ConfigureAwait(false);
        var run = new ExposeRun(options, TimeProvider.System);
        await using (run.ConfigureAwait(false))
        {
            Task showing = view.ShowAsync(run.Events);
            ExposeResult result = await run.RunAsync(cancellationToken).ConfigureAwait(false);
            await showing.ConfigureAwait(false);
            if (result.Failure is { } failure)
            {
                await error.WriteLineAsync(failure).ConfigureAwait(false);
            }

            return result.ExitCode;
        }
    }

    private static void ValidateName(OptionResult result)
    {
        if (result.Tokens.Count > 0 && !Label().IsMatch(result.Tokens[0].Value))
        {
            result.AddError(
                "Expected --name to have 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends, got "
                + $"\"{result.Tokens[0].Value}\".");
        }
    }

    private static void ValidateHost(OptionResult result)
    {
        if (result.Tokens.Count == 0)
        {
            return;
        }

        string host = result.Tokens[0].Value;
        if (host.AsSpan().ContainsAny("/@?#\\") || !Uri.TryCreate($"http://{host}/", UriKind.Absolute, out _))
        {
            result.AddError($"Expected --host-header to be a host such as shop.example or 127.0.0.1:3000, got \"{host}\".");
        }
    }

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
    private static partial Regex Label();
}
