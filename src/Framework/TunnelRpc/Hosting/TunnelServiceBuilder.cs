using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;
using TunnelRpc.Hosting;

namespace TunnelRpc;

/// <summary>
/// Restricts the callers of the contract that was added last, and adds further contracts and filters to the server. What is required here
/// counts as an attribute of the implementation class does (docs/authorization.md). Not thread-safe.
/// </summary>
public sealed class TunnelServiceBuilder : TunnelServerBuilder
{
    private readonly ServiceRegistration _registration;

    internal TunnelServiceBuilder(IServiceCollection services, ServiceRegistration registration)
        : base(services) => _registration = registration;

    /// <summary>
    /// Requires that callers meet the default policy, which requires an authenticated user unless the application changes it.
    /// </summary>
    /// <returns>This builder.</returns>
    public TunnelServiceBuilder RequireAuthorization() => Require(new AuthorizeAttribute());

    /// <summary>Requires that callers meet the named policies; without a name, the default policy.</summary>
    /// <param name="policyNames">The names of policies of AddAuthorization. They must exist when the host starts.</param>
    /// <returns>This builder.</returns>
    public TunnelServiceBuilder RequireAuthorization(params string[] policyNames)
    {
        ArgumentNullException.ThrowIfNull(policyNames);
        return policyNames.Length == 0
            ? Require(new AuthorizeAttribute())
            : Require([.. policyNames.Select(name => new AuthorizeAttribute(name))]);
    }

    /// <summary>Requires that callers meet what the data states, for instance roles.</summary>
    /// <param name="data">The data. AuthenticationSchemes must not be set.</param>
    /// <returns>This builder.</returns>
    public TunnelServiceBuilder RequireAuthorization(params IAuthorizeData[] data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return data.Length == 0 ? Require(new AuthorizeAttribute()) : Require([.. data]);
    }

    /// <summary>Requires that callers meet a policy.</summary>
    /// <param name="policy">The policy. It must not select authentication schemes.</param>
    /// <returns>This builder.</returns>
    public TunnelServiceBuilder RequireAuthorization(AuthorizationPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return Require(policy);
    }

    /// <summary>Requires that callers meet a policy.</summary>
    /// <param name="configurePolicy">Adds the requirements of the policy.</param>
    /// <returns>This builder.</returns>
    public TunnelServiceBuilder RequireAuthorization(Action<AuthorizationPolicyBuilder> configurePolicy)
    {
        ArgumentNullException.ThrowIfNull(configurePolicy);
        var policy = new AuthorizationPolicyBuilder();
        configurePolicy(policy);
        return RequireAuthorization(policy.Build());
    }

    /// <summary>
    /// Cancels what the contract and the implementation class require. What their methods require stays. It does not open the path of the
    /// tunnel: what MapTunnelRpc(…).RequireAuthorization() requires, every client must meet to connect.
    /// </summary>
    /// <returns>This builder.</returns>
    public TunnelServiceBuilder AllowAnonymous() => Require(new AllowAnonymousAttribute());

    private TunnelServiceBuilder Require(params object[] metadata)
    {
        _registration.Metadata.AddRange(metadata);
        return this;
    }
}
