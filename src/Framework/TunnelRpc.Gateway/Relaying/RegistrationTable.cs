using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;
using TunnelRpc.Gateway.Polling;
using TunnelRpc.Gateway.Routing;

namespace TunnelRpc.Gateway.Relaying;

/// <summary>The registrations of a relay. Each ends with its lease, or when its program removes it. Thread-safe.</summary>
/// <param name="router">The router.</param>
/// <param name="options">The limits.</param>
internal sealed class RegistrationTable(GatewayRouter router, ReverseHttpRelayOptions options)
{
    private const string Dialect = "relay";

    // Guards _registrations. The router and leases have their own locks, which are not taken under it.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (Registration Registration, GatewayClaim Claim)> _registrations = new(StringComparer.Ordinal);

    /// <summary>The names, in alphabetical order.</summary>
    public IReadOnlyList<string> Labels
    {
        get
        {
            lock (_gate)
            {
                return [.. _registrations.Keys.Order(StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Finds a registration by its name; null when there is none.</summary>
    public Registration? Find(string label)
    {
        lock (_gate)
        {
            return _registrations.TryGetValue(label, out (Registration Registration, GatewayClaim Claim) entry) ? entry.Registration : null;
        }
    }

    /// <summary>Registers a name, or refreshes the registration of the same token.</summary>
    /// <param name="label">The name; valid.</param>
    /// <param name="tokenDigest">The SHA-256 digest of the token.</param>
    /// <param name="lease">The duration of the lease.</param>
    /// <param name="user">The authenticated user, for the policy; null for none.</param>
    /// <param name="remoteEndPoint">The address of the program.</param>
    /// <param name="registration">The registration.</param>
    /// <param name="isNew">Whether it is new.</param>
    /// <param name="refusal">Why the name is not registered.</param>
    public bool TryRegister(
        string label,
        byte[] tokenDigest,
        TimeSpan lease,
        ClaimsPrincipal? user,
        string? remoteEndPoint,
        [NotNullWhen(true)] out Registration? registration,
        out bool isNew,
        [NotNullWhen(false)] out GatewayRefusal? refusal)
    {
        isNew = false;
        refusal = null;
        registration = Find(label);
        if (registration is not null && registration.IsToken(tokenDigest) && TryRenew(registration, lease))
        {
            return true;
        }

        GatewayOwner owner = new("token", Convert.ToHexString(tokenDigest)) { User = user };
        ClaimedQueue queue = new(Dialect, owner, remoteEndPoint, options);
        Registration created = new(label, tokenDigest, queue, options.MaxPendingPolls);

        // The router refuses another owner, so a registration of another token stays as it is.
        if (!router.TryClaim(label, owner, queue, out GatewayClaim? claim, out refusal))
        {
            registration = null;
            return false;
        }

        queue.Lease = new Lease(options.TimeProvider, lease, () => End(created));
        bool added;
        lock (_gate)
        {
            added = _registrations.TryAdd(label, (created, claim));
        }

        if (added)
        {
            registration = created;
            isNew = true;
            return true;
        }

        // The same token has registered the name at the same time.
        queue.Lease.Dispose();
        claim.Dispose();
        registration = Find(label);
        if (registration is not null && registration.IsToken(tokenDigest) && TryRenew(registration, lease))
        {
            return true;
        }

        registration = null;
        refusal = new GatewayRefusal(GatewayRefusalKind.Taken, $"Expected a free name, got \"{label}\", which has just ended. Retry.");
        return false;
    }

    /// <summary>Gives a registration another lease. Returns false when it has ended.</summary>
    public static bool TryRenew(Registration registration, TimeSpan lease)
    {
        Lease held = registration.Queue.Lease!;
        if (!held.TryHold())
        {
            return false;
        }

        held.Renew(lease);
        held.Release();
        return true;
    }

    /// <summary>Removes a registration. Returns false when it has ended.</summary>
    public bool TryRemove(Registration registration)
    {
        if (!registration.Queue.Lease!.TryEnd())
        {
            return false;
        }

        End(registration);
        return true;
    }

    private void End(Registration registration)
    {
        GatewayClaim? claim = null;
        lock (_gate)
        {
            if (_registrations.TryGetValue(registration.Label, out (Registration Registration, GatewayClaim Claim) entry)
                && entry.Registration == registration)
            {
                _registrations.Remove(registration.Label);
                claim = entry.Claim;
            }
        }

        claim?.Dispose();
        registration.Queue.Requests.Close();
    }
}
