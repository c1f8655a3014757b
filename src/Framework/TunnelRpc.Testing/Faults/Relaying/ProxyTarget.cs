using TunnelRpc.Transports.Http1;

namespace TunnelRpc.Testing.Faults.Relaying;

/// <summary>The destination of a request.</summary>
/// <param name="Host">The host.</param>
/// <param name="Port">The port.</param>
/// <param name="Path">The request target that is sent to the upstream; empty for CONNECT.</param>
/// <param name="RewrittenHost">The value of Host that is sent to the upstream; null to keep that of the request.</param>
internal sealed record ProxyTarget(string Host, int Port, string Path, string? RewrittenHost)
{
    /// <summary>Returns the destination of a request, or null if the proxy does not forward to its target.</summary>
    public static ProxyTarget? Resolve(Http1Head head, Uri? upstream)
    {
        string target = head.TargetOrStatus;
        if (head.MethodOrVersion == "CONNECT")
        {
            return Uri.TryCreate($"http://{target}/", UriKind.Absolute, out Uri? authority)
                ? new(authority.DnsSafeHost, authority.Port, "", null)
                : null;
        }

        if (target[0] == '/' || target == "*")
        {
            return upstream is null ? null : new(upstream.DnsSafeHost, upstream.Port, target, null);
        }

        return Uri.TryCreate(target, UriKind.Absolute, out Uri? absolute) && absolute.Scheme == Uri.UriSchemeHttp
            ? new(absolute.DnsSafeHost, absolute.Port, absolute.PathAndQuery, absolute.Authority)
            : null;
    }
}
