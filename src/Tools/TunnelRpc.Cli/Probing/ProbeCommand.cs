using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
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
        var proxy = new Option<Uri?>("--proxy")
        {
            Description = "Connect through this HTTP proxy. The URL may contain user and password.",
            CustomParser = HttpUrl.Parse,
        };
        var proxyUser = new Option<string?>("--proxy-user") { Description = "The proxy's credentials, as user:password." };
        var headers = new Option<string[]>("--header")
        {
            Description = "A header for every request to the server, as \"Name: value\". May be given several times.",
        };
        headers.Validators.Add(ValidateHeaders);
        var calls = new Option<int>("--calls")
        {
            Description = "The number of calls, and of callbacks.",
            DefaultValueFactory = _ => 10,
            CustomParser = result => ParseNumber(result, 1, 1_000_000),
        };
        var bytes = new Option<long>("--bytes")
        {
            Description = "The number of bytes that each call and each callback carries in each direction.",
            DefaultValueFactory = _ => 32,
            CustomParser = result => ParseNumber(result, 0, 1L << 30),
        };
        var timeout = new Option<double>("--timeout")
        {
            Description = "The most time for each attempt and each call, in seconds.",
            DefaultValueFactory = _ => 10,
            CustomParser = result => ParseNumber(result, 0.05, 3600),
        };
        var insecure = new Option<bool>("--insecure")
        {
            Description = "Accept any certificate. An intermediary can then impersonate the server.",
        };
        var endToEnd = new Option<bool>("--end-to-end-tls") { Description = "Require end-to-end TLS inside the path." };
        var pin = new Option<string?>("--pin")
        {
            Description = "The SHA-256 thumbprint of the server's end-to-end certificate; implies --end-to-end-tls.",
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON object and nothing else." };
        var command = new Command(
            "probe",
            "Connects to a server with the transport negotiation of the client, then makes calls in both directions. "
            + "Exit code: 0 if a path carries calls in both directions, 1 if none does, 2 if the command line is invalid.")
        {
            address, transports, proxy, proxyUser, headers, calls, bytes, timeout, insecure, endToEnd, pin, json,
        };
        command.SetAction((arguments, cancellationToken) =>
        {
            Uri? through = arguments.GetValue(proxy);
            string[] names = arguments.GetValue(transports) ?? [];
            var options = new ProbeOptions(
                arguments.GetValue(address)!,
                names.Length == 0 ? HttpTransports.Default : [.. names.Select(name => HttpTransports.Default.First(t => t.Name == name))])
            {
                Proxy = through is null ? null : new UriBuilder(through) { UserName = "", Password = "" }.Uri,
                ProxyCredentials = ParseCredentials(arguments.GetValue(proxyUser) ?? Uri.UnescapeDataString(through?.UserInfo ?? "")),
                Headers = [.. (arguments.GetValue(headers) ?? []).Select(ParseHeader)],
                Calls = arguments.GetValue(calls),
                Bytes = arguments.GetValue(bytes),
                Timeout = TimeSpan.FromSeconds(arguments.GetValue(timeout)),
                Insecure = arguments.GetValue(insecure),
                EndToEndTls = arguments.GetValue(endToEnd) || arguments.GetValue(pin) is not null,
                Pin = arguments.GetValue(pin),
            };
            return RunAsync(options, arguments.GetValue(json) ? new JsonView(output) : CreateView(output), error, cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(ProbeOptions options, IProbeView view, TextWriter error, CancellationToken cancellationToken)
    {
        if (options.Insecure)
        {
            await error.WriteLineAsync("Certificates are not checked (--insecure): an intermediary can impersonate the server.")
                .ConfigureAwait(false);
        }

        var run = new ProbeRun(options);
        await using (run.ConfigureAwait(false))
        {
            ProbeResult result = await view.ShowAsync(run, cancellationToken).ConfigureAwait(false);
            return result.IsOk ? ExitCode.Ok : ExitCode.Failed;
        }
    }

    private static IProbeView CreateView(TextWriter output) =>
        output == Console.Out && !Console.IsOutputRedirected ? new LiveView() : new PlainView(output);

    private static NetworkCredential? ParseCredentials(string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? new NetworkCredential(text, "") : new NetworkCredential(text[..colon], text[(colon + 1)..]);
    }

    private static KeyValuePair<string, string> ParseHeader(string line)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        return new(line[..colon].Trim(), line[(colon + 1)..].Trim());
    }

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

    private static void ValidateHeaders(OptionResult result)
    {
        if (result.Tokens.FirstOrDefault(t => t.Value.IndexOf(':', StringComparison.Ordinal) <= 0) is not null)
        {
            result.AddError("Expected a header as \"Name: value\", got one without a name or a colon.");
        }
    }

    private static T ParseNumber<T>(ArgumentResult result, T min, T max)
        where T : struct, IComparable<T>, IParsable<T>
    {
        string text = result.Tokens[0].Value;
        if (!T.TryParse(text, CultureInfo.InvariantCulture, out T value) || value.CompareTo(min) < 0 || value.CompareTo(max) > 0)
        {
            string option = ((OptionResult)result.Parent!).Option.Name;
            result.AddError(string.Create(
                CultureInfo.InvariantCulture, $"Expected {option} to be a number from {min} to {max}, got \"{text}\"."));
        }

        return value;
    }
}
