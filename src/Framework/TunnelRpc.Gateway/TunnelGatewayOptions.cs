using System.Security.Claims;

namespace TunnelRpc.Gateway;

/// <summary>
/// Who may claim names, and the limits of a gateway. docs/limits.md lists them with their defaults. Read when the gateway is created. Not
/// thread-safe.
/// </summary>
public sealed class TunnelGatewayOptions
{
    internal const string NamePlaceholder = "{name}";

    /// <summary>
    /// The public address of a name, with "{name}" in its place, for instance "https://{name}.apps.example/". It is what claims report; it
    /// does not map anything. Default null: the mapped pattern, at the address by which the client has reached the server.
    /// </summary>
    public string? PublicAddress { get; set; }

    /// <summary>The names that are claimed at a time. Further claims are refused. 1 or more. Default 10,000.</summary>
    public int MaxNames { get; set; } = 10_000;

    /// <summary>The names that one owner claims at a time. Further claims are refused. 1 or more. Default 100.</summary>
    public int MaxNamesPerOwner { get; set; } = 100;

    /// <summary>
    /// The names that clients without authentication claim from one remote address at a time: an IPv4 address or an IPv6 network (/64).
    /// Further claims are refused. Each token of MapReverseHttpRelay, and each session, is an owner of its own, so MaxNamesPerOwner does
    /// not limit them. Behind a reverse proxy, call UseForwardedHeaders, or all clients have one address. 1 or more. Default 1,000.
    /// </summary>
    public int MaxNamesPerRemoteAddress { get; set; } = 1_000;

    /// <summary>
    /// The origins of one name: sessions or connections of its owner. Further claims are refused. 1 or more. Default 100.
    /// </summary>
    public int MaxOriginsPerName { get; set; } = 100;

    /// <summary>
    /// The requests of one name that are in progress, streams and upgraded connections included. Further requests get the status 503. 1 or
    /// more. Default 4,096.
    /// </summary>
    public int MaxRequestsPerName { get; set; } = 4_096;

    /// <summary>The requests of all names that are in progress; as <see cref="MaxRequestsPerName"/>. Default 20,000.</summary>
    public int MaxTotalRequests { get; set; } = 20_000;

    /// <summary>
    /// The size of a request's body, in bytes. A larger one gets the status 413. Bodies are streamed with backpressure, so their size costs
    /// no memory. Applies in place of Kestrel's MaxRequestBodySize, and not to upgraded connections. Default null: no limit.
    /// </summary>
    public long? MaxRequestBodySize { get; set; }

    /// <summary>
    /// The size of the head of an origin's response: names and values of its fields, in bytes. A response with a larger one is replaced by
    /// the status 502. From 1 KiB. Default 64 KiB.
    /// </summary>
    public int MaxResponseHeadSize { get; set; } = 64 * 1024;

    /// <summary>
    /// The time until the head of the response, counted from the request or the last bytes of its body that were read. After it the request
    /// gets the status 504. Does not apply after the head. More than zero. Default 100 s.
    /// </summary>
    public TimeSpan HeadTimeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>
    /// The time that clients are asked to wait in the Retry-After field of a response 503, in whole seconds. 1 s or more. Default 5 s.
    /// </summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The number of requests that are kept for inspection (<see cref="ITunnelGateway.RecentRequests"/>), with fields and bodies. Values of
    /// Authorization, Cookie, Set-Cookie and Proxy-* are replaced. Other secrets, in paths, bodies or other fields, are kept: use it for
    /// development. From 0 to 10,000. Default 0: none.
    /// </summary>
    public int InspectedRequests { get; set; }

    /// <summary>
    /// The bytes of each body that are kept for inspection. A request with its response takes up to twice as many. From 0 to 64 KiB.
    /// Default 64 KiB.
    /// </summary>
    public int InspectedBodySize { get; set; } = 64 * 1024;

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Whether a user may claim a name; false for every claim by default.</summary>
    internal Func<ClaimsPrincipal?, string, bool> ClaimPolicy { get; private set; } = static (_, _) => false;

    /// <summary>
    /// Sets who may claim which name. Without it, and without <see cref="AllowAnyClaim"/>, all claims are refused.
    /// </summary>
    /// <param name="policy">
    /// Is called for each claim with the user, and with null for an anonymous one or the holder of a token. Thread-safe. Names are DNS
    /// labels in lower case. A name that another owner holds is refused in any case.
    /// </param>
    /// <returns>These options.</returns>
    public TunnelGatewayOptions AllowClaims(Func<ClaimsPrincipal?, string, bool> policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ClaimPolicy = policy;
        return this;
    }

    /// <summary>
    /// Allows everyone who reaches the server, also without authentication, to claim every free name. For development, and for relays whose
    /// tunnel endpoint requires authorization.
    /// </summary>
    /// <returns>These options.</returns>
    public TunnelGatewayOptions AllowAnyClaim() => AllowClaims(static (_, _) => true);

    /// <summary>Returns what is wrong with the options; null if nothing is.</summary>
    internal string? Validate() =>
        MaxNames < 1 ? Expect(nameof(MaxNames), "1 or more", MaxNames)
        : MaxNamesPerOwner < 1 ? Expect(nameof(MaxNamesPerOwner), "1 or more", MaxNamesPerOwner)
        : MaxNamesPerRemoteAddress < 1 ? Expect(nameof(MaxNamesPerRemoteAddress), "1 or more", MaxNamesPerRemoteAddress)
        : MaxOriginsPerName < 1 ? Expect(nameof(MaxOriginsPerName), "1 or more", MaxOriginsPerName)
        : MaxRequestsPerName < 1 ? Expect(nameof(MaxRequestsPerName), "1 or more", MaxRequestsPerName)
        : MaxTotalRequests < 1 ? Expect(nameof(MaxTotalRequests), "1 or more", MaxTotalRequests)
        : MaxRequestBodySize < 0 ? Expect(nameof(MaxRequestBodySize), "0 or more, or null", MaxRequestBodySize)
        : MaxResponseHeadSize < 1024 ? Expect(nameof(MaxResponseHeadSize), "1,024 or more", MaxResponseHeadSize)
        : HeadTimeout <= TimeSpan.Zero ? Expect(nameof(HeadTimeout), "more than zero", HeadTimeout)
        : RetryDelay < TimeSpan.FromSeconds(1) ? Expect(nameof(RetryDelay), "1 s or more", RetryDelay)
        : InspectedRequests is < 0 or > 10_000 ? Expect(nameof(InspectedRequests), "0 to 10,000", InspectedRequests)
        : InspectedBodySize is < 0 or > 64 * 1024 ? Expect(nameof(InspectedBodySize), "0 to 65,536", InspectedBodySize)
        : PublicAddress is { } address && !IsAddress(address)
            ? Expect(nameof(PublicAddress), "an http or https address with {name} in its host or path", address)
        : null;

    private static bool IsAddress(string template) =>
        template.Contains(NamePlaceholder, StringComparison.Ordinal)
        && Uri.TryCreate(template.Replace(NamePlaceholder, "name", StringComparison.Ordinal), UriKind.Absolute, out Uri? address)
        && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps);

    private static string Expect(string name, string expected, object? actual) =>
        $"Expected {expected} for {name} of TunnelGatewayOptions, got {actual}.";
}
