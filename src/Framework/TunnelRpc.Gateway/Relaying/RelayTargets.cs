using System.Net;
using TunnelRpc.Gateway.Messages;

namespace TunnelRpc.Gateway.Relaying;

// Decision: docs/adr/0102-relaying-to-listed-targets.md
/// <summary>
/// The targets to which RelayHttp may forward. A name is resolved once for each request, and the request goes to the addresses that were
/// checked, so that a name that resolves to another address afterwards reaches nothing else. Thread-safe.
/// </summary>
internal sealed class RelayTargets
{
    private const int DefaultPort = 80;
    private const int MaxAddresses = 8;

    // Host and port, as HostAndPort writes them.
    private readonly HashSet<string> _listed = new(StringComparer.Ordinal);
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;

    /// <summary>Creates the list.</summary>
    /// <param name="targets">The targets: HOST or HOST:PORT, without a port 80.</param>
    /// <param name="resolve">Returns the addresses of a name.</param>
    /// <exception cref="ArgumentException">A target is none.</exception>
    public RelayTargets(IEnumerable<string> targets, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        _resolve = resolve;
        foreach (string text in targets)
        {
            if (!HostAndPort.TryParse(text, out HostAndPort target))
            {
                throw new ArgumentException(
                    $"Expected a target such as \"example.org\", \"example.org:8080\" or \"[2001:db8::1]:8080\", got \"{text}\".",
                    nameof(targets));
            }

            _listed.Add(WithPort(target).ToString());
        }
    }

    /// <summary>Whether there is no target: RelayHttp is off.</summary>
    public bool IsEmpty => _listed.Count == 0;

    /// <summary>Whether a target is listed, with this host and this port.</summary>
    public bool IsListed(HostAndPort target) => _listed.Contains(WithPort(target).ToString());

    /// <summary>
    /// Returns the endpoints of a listed target that may be reached, at most 8: those with public addresses, and those whose address is
    /// listed itself with the same port. Empty when there is none.
    /// </summary>
    /// <exception cref="System.Net.Sockets.SocketException">The name cannot be resolved.</exception>
    public async ValueTask<IReadOnlyList<IPEndPoint>> ResolveAsync(HostAndPort target, CancellationToken cancellationToken)
    {
        HostAndPort full = WithPort(target);
        IPAddress[] addresses = full.Address is { } address
            ? [address]
            : await _resolve(full.Host, cancellationToken).ConfigureAwait(false);
        return
        [
            .. addresses.Where(found => MayReach(found, full.Port!.Value)).Take(MaxAddresses)
                .Select(found => new IPEndPoint(found, full.Port!.Value)),
        ];
    }

    private static HostAndPort WithPort(HostAndPort target) => target with { Port = target.Port ?? DefaultPort };

    private bool MayReach(IPAddress address, int port)
        => PublicAddresses.Contains(address)
            || _listed.Contains($"{new HostAndPort(address.ToString(), port)}")
            || _listed.Contains($"{new HostAndPort($"[{address}]", port)}");
}
