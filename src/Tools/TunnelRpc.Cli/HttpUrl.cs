using System.CommandLine.Parsing;

namespace TunnelRpc.Cli;

/// <summary>URLs of the command line.</summary>
internal static class HttpUrl
{
    /// <summary>Takes an absolute http or https URL; anything else is an error of the command line.</summary>
    public static Uri? Parse(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" && url.Host.Length > 0)
        {
            return url;
        }

        // What stands before an @ may be a password.
        result.AddError($"Expected an http or https URL such as http://127.0.0.1:5080/tunnel, got \"{text[(text.LastIndexOf('@') + 1)..]}\".");
        return null;
    }
}
