using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using TunnelRpc.Transports;

namespace TunnelRpc.Cli.Probing;

/// <summary>"tunnelrpc probe URL".</summary>
internal static class ProbeCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var address = new Argument<Uri>("URL") { Description = "What the server has mapped TunnelRpc to, for instance https://ops.example/tunnel.", CustomParser = HttpUrl.Parse };
        var transports = new Option<string[]>("--transport") { Description = $"Try only this transport; may be given several times, in the order of preference: {string.Join(", ", HttpTransports.Default.Select(t => t.Name))}." };
        transports.Validators.Add(ValidateTransports);
        var proxy = new Option<Uri?>("--proxy") { Description = "Go through this HTTP proxy; user and password may stand in the URL.", CustomParser = HttpUrl.Parse };
        var proxyUser = new Option<string?>("--proxy-user") { Description = "The proxy's credentials, as user:password." };
        var headers = new Option<string[]>("--header") { Description = "A header for every request to the server, as \"Name: value\"; may be given several times." };
        headers.Validators.Add(ValidateHeaders);
        var calls = new Option<int>("--calls") { Description = "How many calls, and how many calls back.", DefaultValueFactory = _ => 10, CustomParser = result => ParseNumber(result, 1, 1_000_000) };
        var bytes = new Option<long>("--bytes") { Description = "How many bytes each of them carries, each way.", DefaultValueFactory = _ => 32, CustomParser = result => ParseNumber(result, 0, 1L << 30) };
        var timeout = new Option<double>("--timeout") { Description = "The most that an attempt, and each call, may take, in seconds.", DefaultValueFactory = _ => 10, CustomParser = result => ParseNumber(result, 0.05, 3600) };
        var insecure = new Option<bool>("--insecure") { Description = "Take any certificate. Whoever stands on the way may then be the server." };
        var endToEnd = new Option<bool>("--end-to-end-tls") { Description = "Insist on end-to-end TLS inside of the path." };
        var pin = new Option<string?>("--pin") { Description = "The SHA-256 thumbprint of the server's end-to-end certificate; implies --end-to-end-tls." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object and nothing else." };
        var command = new Command("probe", "Tries the ways to a server with the client's own negotiation, then calls in both directions. Exits with 0 when a path carries calls both ways, 1 when none does, 2 for bad usage.")
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
            await error.WriteLineAsync("Certificates are not checked (--insecure): whoever stands on the way may be the server.").ConfigureAwait(false);
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
            result.AddError($"Expected a transport of {string.Join(", ", known)}, got \"{unknown}\".");
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
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"Expected {((OptionResult)result.Parent!).Option.Name} to be a number from {min} to {max}, got \"{text}\"."));
        }

        return value;
    }
}
