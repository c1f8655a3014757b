using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Routing;

/// <summary>Where names are reached: a path ("/apps/{name}") or a host ("{name}.apps.example"). Immutable.</summary>
internal sealed class GatewayPattern
{
    /// <summary>The parameter of the route that has the name.</summary>
    public const string NameParameter = "name";

    /// <summary>The parameter of the route that has the rest of the path.</summary>
    public const string RestParameter = "gatewayRest";

    private readonly string _text;

    private GatewayPattern(string text, bool isHost)
    {
        _text = text;
        IsHost = isHost;
    }

    /// <summary>Whether the name is a part of the host.</summary>
    public bool IsHost { get; }

    /// <summary>The pattern of the route.</summary>
    public string Route => (IsHost ? "" : _text) + "/{**" + RestParameter + "}";

    /// <summary>The hosts of the route, with a wildcard for the name; null for all hosts.</summary>
    public string? HostFilter => IsHost ? "*" + _text[TunnelGatewayOptions.NamePlaceholder.Length..] : null;

    /// <summary>The segments of a path up to the name, the name included; 0 for a host.</summary>
    public int PrefixSegments => IsHost ? 0 : _text.Count(c => c == '/');

    /// <exception cref="ArgumentException">The text is no pattern.</exception>
    public static GatewayPattern Parse(string text)
    {
        const string Name = TunnelGatewayOptions.NamePlaceholder;
        string trimmed = text.TrimEnd('/');
        bool isHost = !text.StartsWith('/');
        string rest = isHost
            ? (trimmed.StartsWith(Name + ".", StringComparison.Ordinal) ? trimmed[Name.Length..] : "{")
            : (trimmed.EndsWith("/" + Name, StringComparison.Ordinal) ? trimmed[..^Name.Length] : "{");
        if (rest.AsSpan().IndexOfAny("{}*?#") >= 0 || rest.Contains("//", StringComparison.Ordinal) || (isHost && rest.Contains('/')))
        {
            throw new ArgumentException(
                $"Expected a path that ends with /{Name}, as in \"/apps/{Name}\", or a host that starts with {Name}., as in "
                + $"\"{Name}.apps.example\", got \"{text}\".",
                nameof(text));
        }

        return new GatewayPattern(trimmed, isHost);
    }

    /// <summary>Returns the address of a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="reachedAt">
    /// An address of the server, for scheme, host and port. Null: relative for a path; for a host the scheme is https.
    /// </param>
    public Uri GetAddress(string name, Uri? reachedAt)
    {
        string place = _text.Replace(TunnelGatewayOptions.NamePlaceholder, name, StringComparison.Ordinal);
        if (IsHost)
        {
            string scheme = reachedAt?.Scheme ?? Uri.UriSchemeHttps;
            string port = place.Contains(':') || reachedAt is null || reachedAt.IsDefaultPort ? "" : $":{reachedAt.Port}";
            return new Uri($"{scheme}://{place}{port}/");
        }

        // Without the first slash: on Unix, a path is an absolute address of a file.
        string path = place.TrimStart('/') + "/";
        return reachedAt is null
            ? new Uri(path, UriKind.Relative)
            : new Uri(new Uri(reachedAt.GetLeftPart(UriPartial.Authority) + "/"), path);
    }

    /// <summary>The name in a host; null when it is none.</summary>
    public static string? FindName(string host)
    {
        int dot = host.IndexOf('.');
        string name = (dot < 0 ? host : host[..dot]).ToLowerInvariant();
        return GatewayName.IsValid(name) ? name : null;
    }
}
