using System.Collections.Concurrent;
using Microsoft.AspNetCore.Authorization;

namespace TunnelRpc.Server.Tests.Authorization;

/// <summary>Implements <see cref="IVault"/> without attributes, and records which methods ran.</summary>
internal class OpenVault : IVault
{
    public ConcurrentQueue<string> Ran { get; } = new();

    public virtual Task<string> OpenAsync(Probe probe, CancellationToken cancellationToken) => Run("open " + probe.Text);

    public virtual Task<string> LookAsync(CancellationToken cancellationToken) => Run("look");

    public virtual Task KnockAsync(string text, CancellationToken cancellationToken) => Run("knock " + text);

    public virtual async IAsyncEnumerable<int> ListAsync(
        int count, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Run("list");
        for (int i = 0; i < count; i++)
        {
            yield return i;
        }
    }

    public virtual async Task<int> StoreAsync(IAsyncEnumerable<int> items, CancellationToken cancellationToken)
    {
        await Run("store");
        int sum = 0;
        await foreach (int item in items.WithCancellation(cancellationToken))
        {
            sum += item;
        }

        return sum;
    }

    public virtual async IAsyncEnumerable<int> TradeAsync(
        IAsyncEnumerable<int> items, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Run("trade");
        await foreach (int item in items.WithCancellation(cancellationToken))
        {
            yield return -item;
        }
    }

    public virtual async Task<IDrawer> DrawerAsync(CancellationToken cancellationToken)
    {
        await Run("drawer");
        return new Drawer();
    }

    private Task<string> Run(string what)
    {
        Ran.Enqueue(what);
        return Task.FromResult(what);
    }
}

[Authorize(Roles = "keeper")]
internal sealed class KeeperVault : OpenVault;

/// <summary>The attribute is on the base class.</summary>
internal sealed class DerivedKeeperVault : KeeperVaultBase;

[Authorize(Roles = "keeper")]
internal abstract class KeeperVaultBase : OpenVault;

internal sealed class KeeperMethodVault : OpenVault
{
    [Authorize(Roles = "keeper")]
    public override Task<string> OpenAsync(Probe probe, CancellationToken cancellationToken) => base.OpenAsync(probe, cancellationToken);
}

/// <summary>The attribute is on an explicit implementation.</summary>
internal sealed class ExplicitKeeperVault : OpenVault, IVault
{
    [Authorize(Roles = "keeper")]
    Task<string> IVault.OpenAsync(Probe probe, CancellationToken cancellationToken) => OpenAsync(probe, cancellationToken);
}

[Authorize("keepers")]
internal sealed class PolicyVault : OpenVault;

[KeeperOnly("keeper")]
internal sealed class RequirementDataVault : OpenVault;

/// <summary>Requirements of class and method add up.</summary>
[Authorize(Roles = "keeper")]
internal sealed class TwoLevelVault : OpenVault
{
    [Authorize(Roles = "chief")]
    public override Task<string> OpenAsync(Probe probe, CancellationToken cancellationToken) => base.OpenAsync(probe, cancellationToken);
}

/// <summary>A method that anonymous callers may call, of a class that they may not.</summary>
[Authorize]
internal sealed class LobbyVault : OpenVault
{
    [AllowAnonymous]
    public override Task<string> LookAsync(CancellationToken cancellationToken) => base.LookAsync(cancellationToken);
}

/// <summary>A method that requires a role, of a class that anonymous callers may call.</summary>
[AllowAnonymous]
internal sealed class OpenButOneVault : OpenVault
{
    [Authorize(Roles = "keeper")]
    public override Task<string> OpenAsync(Probe probe, CancellationToken cancellationToken) => base.OpenAsync(probe, cancellationToken);
}

#pragma warning disable TRPC0501 // The server refuses it, too: for code that was compiled without the analyzer.
[Authorize(AuthenticationSchemes = "cookies")]
internal sealed class SchemeVault : OpenVault;
#pragma warning restore TRPC0501

internal sealed class Drawer : IDrawer
{
    public Task<string> ReadAsync() => Task.FromResult("read");

    [Authorize(Roles = "keeper")]
    public Task<string> EmptyAsync() => Task.FromResult("emptied");
}

/// <summary>An attribute that is its own requirement.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class KeeperOnlyAttribute(string role) : Attribute, IAuthorizationRequirementData
{
    public IEnumerable<IAuthorizationRequirement> GetRequirements() =>
        [new Microsoft.AspNetCore.Authorization.Infrastructure.RolesAuthorizationRequirement([role])];
}
