using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using TunnelRpc.Gateway.Client.Origins;
using TunnelRpc.Logging;

namespace TunnelRpc.Gateway.Routing;

// Decision: docs/adr/0091-gateway.md
/// <summary>
/// The claimed names and their origins. All front ends of an application share one router, so that a name has one owner, whatever dialect
/// claims it. Thread-safe.
/// </summary>
internal sealed partial class GatewayRouter
{
    private readonly TunnelGatewayOptions _options;
    private readonly Lock _gate = new();

    // All guarded by _gate. Every name has at least one claim; _namesOfOwners counts the names of each owner that has one, and
    // _namesOfAddresses those of each remote address that has one by claims without a user.
    private readonly Dictionary<string, ClaimedName> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<GatewayOwner, int> _namesOfOwners = [];
    private readonly Dictionary<RemoteAddress, int> _namesOfAddresses = [];
    private int _requests;
    private long _uses;

    public GatewayRouter(IOptions<TunnelGatewayOptions> options) => _options = options.Value;

    /// <summary>A snapshot of the names, in alphabetical order.</summary>
    public IReadOnlyList<GatewayNameStatus> Names
    {
        get
        {
            var names = new List<GatewayNameStatus>();
            lock (_gate)
            {
                foreach (ClaimedName name in _names.Values)
                {
                    List<GatewayOriginStatus> origins =
                    [
                        .. name.Claims.Where(claim => claim.Origin is not null)
                            .Select(claim => new GatewayOriginStatus(claim.Origin!.Dialect, claim.Origin.RemoteEndPoint, claim.Requests)),
                    ];
                    names.Add(new GatewayNameStatus(name.Name, name.Owner.Kind, origins, name.Requests));
                }
            }

            names.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
            return names;
        }
    }

    /// <summary>Claims a name, or adds an origin to a name that the same owner holds.</summary>
    /// <param name="name">The name; must be valid (<see cref="GatewayName.IsValid"/>).</param>
    /// <param name="owner">Who claims it. The policy decides about it; only an equal owner may add origins to the name.</param>
    /// <param name="origin">
    /// The origin that is added; null to hold the name without one, as a lease without a poller does: requests then get the status 503 or
    /// 504.
    /// </param>
    /// <param name="claim">The claim. Disposal removes the origin; the name is free when its last claim is disposed.</param>
    /// <param name="refusal">Why the name is not claimed.</param>
    public bool TryClaim(
        string name,
        GatewayOwner owner,
        IGatewayOrigin? origin,
        [NotNullWhen(true)] out GatewayClaim? claim,
        [NotNullWhen(false)] out GatewayRefusal? refusal)
    {
        if (!GatewayName.IsValid(name))
        {
            throw new ArgumentException(GatewayName.Describe(name), nameof(name));
        }

        claim = null;

        // The policy is code of the application, so it does not run under the lock.
        if (!_options.ClaimPolicy(owner.User, name))
        {
            refusal = new GatewayRefusal(
                GatewayRefusalKind.NotAllowed,
                $"Expected a name that the gateway's policy allows this {owner.Kind}, got \"{name}\". Allow it with AllowClaims.");
            return false;
        }

        RemoteAddress? address = owner.User is null ? RemoteAddress.Parse(origin?.RemoteEndPoint) : null;
        lock (_gate)
        {
            refusal = FindRefusalLocked(name, owner, address, out ClaimedName? claimed);
            if (refusal is not null)
            {
                return false;
            }

            if (claimed is null)
            {
                claimed = new ClaimedName(name, owner, address);
                _names.Add(name, claimed);
                _namesOfOwners[owner] = _namesOfOwners.GetValueOrDefault(owner) + 1;
                if (address is { } counted)
                {
                    _namesOfAddresses[counted] = _namesOfAddresses.GetValueOrDefault(counted) + 1;
                }
            }

            claim = new GatewayClaim(this, claimed, origin);
            claimed.Claims.Add(claim);
            return true;
        }
    }

    /// <summary>Whether the name is claimed.</summary>
    public bool IsClaimed(string name)
    {
        lock (_gate)
        {
            return _names.ContainsKey(name);
        }
    }

    /// <summary>
    /// Selects the origin of a name with the fewest requests in progress, and among equal ones the one that was used the longest time ago.
    /// </summary>
    /// <param name="name">The name as the client has sent it; any text.</param>
    /// <param name="tried">Claims that are not selected, since they have failed; null for none.</param>
    /// <param name="permit">The right to use the origin; the caller disposes it.</param>
    public GatewayRouteFailure TryRoute(string name, IReadOnlyCollection<GatewayClaim>? tried, out GatewayPermit permit)
    {
        permit = default;
        lock (_gate)
        {
            if (!_names.TryGetValue(name, out ClaimedName? claimed))
            {
                return GatewayRouteFailure.UnknownName;
            }

            GatewayClaim? best = null;
            foreach (GatewayClaim claim in claimed.Claims)
            {
                if (claim.Origin is not null
                    && tried?.Contains(claim) != true
                    && (best is null
                        || claim.Requests < best.Requests
                        || (claim.Requests == best.Requests && claim.LastUse < best.LastUse)))
                {
                    best = claim;
                }
            }

            if (best is null)
            {
                return GatewayRouteFailure.NoOrigin;
            }

            if (claimed.Requests >= _options.MaxRequestsPerName)
            {
                return GatewayRouteFailure.NameLimit;
            }

            if (_requests >= _options.MaxTotalRequests)
            {
                return GatewayRouteFailure.TotalLimit;
            }

            best.Requests++;
            best.LastUse = ++_uses;
            claimed.Requests++;
            _requests++;
            permit = new GatewayPermit(this, best);
            return GatewayRouteFailure.None;
        }
    }

    /// <summary>Removes a claim. Idempotent.</summary>
    internal void Release(GatewayClaim claim)
    {
        lock (_gate)
        {
            ClaimedName name = claim.ClaimedName;
            if (!name.Claims.Remove(claim) || name.Claims.Count > 0)
            {
                return;
            }

            _names.Remove(name.Name);
            RemoveOne(_namesOfOwners, name.Owner);
            if (name.Address is { } counted)
            {
                RemoveOne(_namesOfAddresses, counted);
            }
        }
    }

    internal void OnRequestEnded(GatewayClaim claim)
    {
        lock (_gate)
        {
            claim.Requests--;
            claim.ClaimedName.Requests--;
            _requests--;
        }
    }

    private static void RemoveOne<TKey>(Dictionary<TKey, int> counts, TKey key)
        where TKey : notnull
    {
        if (--CollectionsMarshal.GetValueRefOrNullRef(counts, key) == 0)
        {
            counts.Remove(key);
        }
    }

    private GatewayRefusal? FindRefusalLocked(string name, GatewayOwner owner, RemoteAddress? address, out ClaimedName? claimed)
    {
        if (_names.TryGetValue(name, out claimed))
        {
            return !claimed.Owner.Equals(owner)
                ? new GatewayRefusal(
                    GatewayRefusalKind.Taken, $"Expected a free name, got \"{name}\", which another owner holds. Choose another name.")
                : claimed.Claims.Count >= _options.MaxOriginsPerName
                ? Limit(nameof(TunnelGatewayOptions.MaxOriginsPerName), _options.MaxOriginsPerName, "origins of one name")
                : null;
        }

        return _names.Count >= _options.MaxNames ? Limit(nameof(TunnelGatewayOptions.MaxNames), _options.MaxNames, "names")
            : _namesOfOwners.GetValueOrDefault(owner) >= _options.MaxNamesPerOwner
            ? Limit(nameof(TunnelGatewayOptions.MaxNamesPerOwner), _options.MaxNamesPerOwner, "names of one owner")
            : address is { } counted && _namesOfAddresses.GetValueOrDefault(counted) >= _options.MaxNamesPerRemoteAddress
            ? Limit(
                nameof(TunnelGatewayOptions.MaxNamesPerRemoteAddress),
                _options.MaxNamesPerRemoteAddress,
                "names of one remote address without authentication")
            : null;
    }

    private static GatewayRefusal Limit(string limit, int value, string what) => new(
        GatewayRefusalKind.LimitReached, $"Expected at most {value} {what} at the gateway (limit {limit}), got one more. Release one.");
}
