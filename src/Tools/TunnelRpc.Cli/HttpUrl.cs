using System.CommandLine.Parsing;

namespace TunnelRpc.Cli;

/// <summary>Parses the URLs of the command line.</summary>
internal static class HttpUrl
{
    /// <summary>Parses an absolute http or https URL. Any other text is an error of the command line.</summary>
    public static Uri? Parse(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" && url.Host.Length > 0)
        {
            return url;
        }

        // The text before an @ is not shown, because it may be a password.
        string shown = text[(text.LastIndexOf('@') + 1)..];
        result.AddError($"Expected an http or https URL such as http://127.0.0.1:5080/tunnel, got \"{shown}\".");
        return null;
    }
}
