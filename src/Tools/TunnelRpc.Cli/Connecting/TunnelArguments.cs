using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;

namespace TunnelRpc.Cli.Connecting;

/// <summary>The options of all commands that connect to a server. One instance for each command.</summary>
internal sealed class TunnelArguments
{
    private readonly Option<Uri?> _proxy = new("--proxy")
    {
        Description = "Connect through this HTTP proxy. The URL may contain user and password.",
        CustomParser = HttpUrl.Parse,
    };

    private readonly Option<string?> _proxyUser = new("--proxy-user") { Description = "The proxy's credentials, as user:password." };

    private readonly Option<string[]> _headers = new("--header")
    {
        Description = "A header for every request to the server, as \"Name: value\". May be given several times.",
    };

    private readonly Option<bool> _insecure = new("--insecure")
    {
        Description = "Accept any certificate. An intermediary can then impersonate the server.",
    };

    private readonly Option<bool> _endToEnd = new("--end-to-end-tls") { Description = "Require end-to-end TLS inside the path." };

    private readonly Option<string?> _pin = new("--pin")
    {
        Description = "The SHA-256 thumbprint of the server's end-to-end certificate; implies --end-to-end-tls.",
    };

    public TunnelArguments() => _headers.Validators.Add(ValidateHeaders);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_proxy, _proxyUser, _headers, _insecure, _endToEnd, _pin])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Reads the options of a command line without errors.</summary>
    public TunnelSettings Read(ParseResult arguments)
    {
        Uri? proxy = arguments.GetValue(_proxy);
        string? pin = arguments.GetValue(_pin);
        return new TunnelSettings
        {
            Proxy = proxy is null ? null : new UriBuilder(proxy) { UserName = "", Password = "" }.Uri,
            ProxyCredentials = ParseCredentials(arguments.GetValue(_proxyUser) ?? Uri.UnescapeDataString(proxy?.UserInfo ?? "")),
            Headers = [.. (arguments.GetValue(_headers) ?? []).Select(ParseHeader)],
            Insecure = arguments.GetValue(_insecure),
            EndToEndTls = arguments.GetValue(_endToEnd) || pin is not null,
            Pin = pin,
        };
    }

    /// <summary>Parses a number within limits. Any other text is an error of the command line.</summary>
    public static T ParseNumber<T>(ArgumentResult result, T min, T max)
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

    private static void ValidateHeaders(OptionResult result)
    {
        if (result.Tokens.FirstOrDefault(t => t.Value.IndexOf(':', StringComparison.Ordinal) <= 0) is not null)
        {
            result.AddError("Expected a header as \"Name: value\", got one without a name or a colon.");
        }
    }
}
