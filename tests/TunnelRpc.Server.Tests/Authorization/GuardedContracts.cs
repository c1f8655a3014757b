using Microsoft.AspNetCore.Authorization;

namespace TunnelRpc.Server.Tests.Authorization;

/// <summary>The contract requires a role of callers of all its methods.</summary>
[TunnelService, Keepers]
public partial interface IKeeperContract
{
    Task<string> RunAsync();
}

/// <summary>One method of the contract requires a role.</summary>
[TunnelService]
public partial interface IKeeperMethodContract
{
    Task<string> FreeAsync();

    [Authorize(Roles = "keeper")]
    Task<string> RunAsync();

    // An overload: the attribute of one does not apply to the other.
    [TunnelMethod(Name = "RunTwice")]
    Task<string> RunAsync(int times, string? text = null, List<string?>? more = null);
}

/// <summary>The contract inherits the requirement of a base interface that has no methods.</summary>
[TunnelService]
public partial interface IDerivedContract : IKeepersOnly
{
    Task<string> RunAsync();
}

[Keepers]
public interface IKeepersOnly;

/// <summary>Passes an object by reference whose contract inherits the requirement of a base interface that has no methods.</summary>
[TunnelService]
public partial interface IDerivedDrawers
{
    Task<IDerivedContract> OpenAsync();
}

internal sealed class DerivedDrawers : IDerivedDrawers
{
    public Task<IDerivedContract> OpenAsync() => Task.FromResult<IDerivedContract>(new GuardedServices());
}

/// <summary>The contract inherits a method with its requirement.</summary>
[TunnelService]
public partial interface IInheritingContract : IStock<string>
{
    Task<string> FreeAsync();
}

public interface IStock<T>
{
    [Authorize(Roles = "keeper")]
    Task<T> RunAsync();
}

/// <summary>The implementation opens what the contract closes.</summary>
[TunnelService, Keepers]
public partial interface IOpenedContract
{
    Task<string> RunAsync();
}

internal sealed class GuardedServices : IKeeperContract, IKeeperMethodContract, IDerivedContract, IInheritingContract
{
    public Task<string> FreeAsync() => Task.FromResult("free");

    public Task<string> RunAsync() => Task.FromResult("ran");

    public Task<string> RunAsync(int times, string? text, List<string?>? more) => Task.FromResult("ran " + times);
}

[AllowAnonymous]
internal sealed class OpeningService : IOpenedContract
{
    public Task<string> RunAsync() => Task.FromResult("ran");
}

/// <summary>[Authorize] of ASP.NET Core cannot be written on interfaces; an attribute of the application can.</summary>
[AttributeUsage(AttributeTargets.Interface)]
internal sealed class KeepersAttribute : Attribute, IAuthorizeData
{
    public string? Policy { get; set; }

    public string? Roles { get; set; } = "keeper";

    public string? AuthenticationSchemes { get; set; }
}
