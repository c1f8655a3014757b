using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Calls;

namespace TunnelRpc.Authorization;

/// <summary>Evaluates the policy of one method with the application's <see cref="IAuthorizationService"/>. Thread-safe.</summary>
internal sealed class PolicyAuthorization(
    TunnelMethod method, AuthorizationTarget target, AuthorizationRules rules, CallScopeFactory scopes)
    : MethodAuthorization
{
    private static readonly ClaimsPrincipal Anonymous = new(new ClaimsIdentity());

    // Set once it is built, if the policy provider allows caching. Policies that are built concurrently are equal.
    private volatile AuthorizationPolicy? _cachedPolicy;

    public override async ValueTask<TunnelException?> AuthorizeAsync(IncomingCall call, TunnelCallContext context)
    {
        IAsyncDisposable scope = scopes.CreateScope(call.Peer, out IServiceProvider services);
        await using (scope.ConfigureAwait(false))
        {
            AuthorizationPolicy policy = _cachedPolicy ?? await BuildPolicyAsync(services).ConfigureAwait(false);
            ClaimsPrincipal user = context.User ?? Anonymous;
            AuthorizationResult result = await services.GetRequiredService<IAuthorizationService>()
                .AuthorizeAsync(user, new TunnelInvocationContext(call, context, target.Contract, target.Implementation), policy)
                .ConfigureAwait(false);
            return result.Succeeded ? null : Refuse(call.Peer.Logger, user, context, result.Failure);
        }
    }

    /// <summary>Builds the policy, so that a mistake in it is found before the first call.</summary>
    /// <exception cref="InvalidOperationException">A named policy does not exist, or a policy selects authentication schemes.</exception>
    public async ValueTask<AuthorizationPolicy> BuildPolicyAsync(IServiceProvider services)
    {
        IAuthorizationPolicyProvider provider = services.GetRequiredService<IAuthorizationPolicyProvider>();
        AuthorizationPolicy? combined = await AuthorizationPolicy.CombineAsync(
            provider, rules.Metadata.OfType<IAuthorizeData>(), rules.Metadata.OfType<AuthorizationPolicy>()).ConfigureAwait(false);
        var builder = new AuthorizationPolicyBuilder();
        if (combined is not null)
        {
            builder.Combine(combined);
        }

        foreach (IAuthorizationRequirementData data in rules.Metadata.OfType<IAuthorizationRequirementData>())
        {
            builder.AddRequirements([.. data.GetRequirements()]);
        }

        AuthorizationPolicy policy = builder.Build();
        if (policy.AuthenticationSchemes.Count > 0)
        {
            throw new InvalidOperationException(
                $"Expected policies without authentication schemes for {method}, got {string.Join(", ", policy.AuthenticationSchemes)}. A "
                + "call has the user of its session, which was authenticated when the tunnel was opened. Set the schemes there: "
                + "MapTunnelRpc(…).RequireAuthorization(…).");
        }

        if (provider.AllowsCachingPolicies)
        {
            _cachedPolicy = policy;
        }

        return policy;
    }

    private TunnelException Refuse(ILogger logger, ClaimsPrincipal user, TunnelCallContext context, AuthorizationFailure failure)
    {
        bool isAuthenticated = user.Identities.Any(i => i.IsAuthenticated);
        TunnelStatus status = isAuthenticated ? TunnelStatus.PermissionDenied : TunnelStatus.Unauthenticated;
        CallMetrics.OnUnauthorized(method, status);
        if (logger.IsEnabled(LogLevel.Information))
        {
            AuthorizationLog.CallRefused(logger, method.FullName, context.SessionId, status, Describe(failure));
        }

        return new TunnelException(status, isAuthenticated
            ? $"The user of the session may not call {method}: the authorization of the server refuses it."
            : $"{method} expects an authenticated user, and the session is anonymous. Send credentials when the client connects.");
    }

    private static string Describe(AuthorizationFailure failure)
    {
        IEnumerable<string> parts = failure.FailureReasons.Select(r => r.Message)
            .Concat(failure.FailedRequirements.Select(r => r.ToString() ?? r.GetType().Name));
        return string.Join("; ", parts.DefaultIfEmpty("a handler has failed it"));
    }
}
