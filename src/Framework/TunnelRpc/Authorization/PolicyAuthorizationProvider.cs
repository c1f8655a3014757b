using Microsoft.AspNetCore.Authorization;
using TunnelRpc.Calls;

namespace TunnelRpc.Authorization;

/// <summary>Finds the requirements of the services of a server. Thread-safe.</summary>
internal sealed class PolicyAuthorizationProvider(CallScopeFactory scopes) : AuthorizationProvider
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly List<PolicyAuthorization> _authorizations = [];
    private readonly HashSet<TunnelMethod> _anonymousMethods = [];

    public override MethodAuthorization? Find(TunnelMethod method, AuthorizationTarget target)
    {
        AuthorizationRules rules = AuthorizationRules.Read(method, target);
        if (rules.AllowsAnonymous)
        {
            lock (_gate)
            {
                _anonymousMethods.Add(method);
            }
        }

        if (rules.Metadata.Count == 0)
        {
            return null;
        }

        if (rules.Metadata.OfType<IAuthorizeData>().FirstOrDefault(d => !string.IsNullOrEmpty(d.AuthenticationSchemes)) is { } scheme)
        {
            throw new InvalidOperationException(
                $"Expected [Authorize] without AuthenticationSchemes for {method}, got \"{scheme.AuthenticationSchemes}\". A call has the "
                + "user of its session, which was authenticated when the tunnel was opened. Set the schemes there: "
                + "MapTunnelRpc(…).RequireAuthorization(…).");
        }

        if (scopes.RootServices.GetService(typeof(IAuthorizationPolicyProvider)) is null)
        {
            throw new InvalidOperationException(
                $"Expected the services of authorization, because {method} requires it, found none. Call "
                + "builder.Services.AddAuthorization().");
        }

        var authorization = new PolicyAuthorization(method, target, rules, scopes);
        lock (_gate)
        {
            _authorizations.Add(authorization);
        }

        return authorization;
    }

    /// <summary>Whether [AllowAnonymous] applies to a method.</summary>
    public bool AllowsAnonymous(TunnelMethod method)
    {
        lock (_gate)
        {
            return _anonymousMethods.Contains(method);
        }
    }

    /// <summary>Builds all policies once, so that a mistake in them is found when the host starts.</summary>
    /// <exception cref="InvalidOperationException">A named policy does not exist, or a policy selects authentication schemes.</exception>
    public async Task ValidateAsync()
    {
        PolicyAuthorization[] authorizations;
        lock (_gate)
        {
            authorizations = [.. _authorizations];
        }

        if (authorizations.Length == 0)
        {
            return;
        }

        IAsyncDisposable scope = scopes.CreateScope(null, out IServiceProvider services);
        await using (scope.ConfigureAwait(false))
        {
            foreach (PolicyAuthorization authorization in authorizations)
            {
                await authorization.BuildPolicyAsync(services).ConfigureAwait(false);
            }
        }
    }
}
