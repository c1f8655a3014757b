using System.Reflection;
using Microsoft.AspNetCore.Authorization;
using TunnelRpc.Calls;

namespace TunnelRpc.Authorization;

// Decision: docs/adr/0058-authorization-of-calls.md
/// <summary>
/// What attributes and registration require of the callers of one method. There are four levels, from the most general to the most
/// specific: contract, implementation class (with its registration), method of the contract, method of the class. The requirements of all
/// levels add up, except that [AllowAnonymous] cancels those of its own level and of the more general ones. Immutable.
/// </summary>
internal sealed class AuthorizationRules
{
    private AuthorizationRules(IReadOnlyList<object> metadata, bool allowsAnonymous)
    {
        Metadata = metadata;
        AllowsAnonymous = allowsAnonymous;
    }

    /// <summary>The requirements: each is an IAuthorizeData, an IAuthorizationRequirementData or an AuthorizationPolicy.</summary>
    public IReadOnlyList<object> Metadata { get; }

    /// <summary>Whether [AllowAnonymous] has cancelled requirements, or would.</summary>
    public bool AllowsAnonymous { get; }

    /// <summary>Reads the attributes of a method and its types.</summary>
    /// <exception cref="InvalidOperationException">The method of the contract or of the implementation is not found.</exception>
    public static AuthorizationRules Read(TunnelMethod method, AuthorizationTarget target)
    {
        MethodInfo? declaration = method.GetDeclaration();
        IEnumerable<object> contract = target.Contract.GetCustomAttributes(inherit: true)
            .Concat(target.Bases.SelectMany(b => b.GetCustomAttributes(inherit: true)

                // A base interface cannot open methods that it does not declare.
                .Where(a => a is not IAllowAnonymous || b == declaration?.DeclaringType)));
        IEnumerable<object> implementation = target.Implementation.GetCustomAttributes(inherit: true).Concat(target.Metadata);
        return Combine(
            contract,
            implementation,
            declaration?.GetCustomAttributes(inherit: true) ?? [],
            declaration is null ? [] : FindImplementation(declaration, method, target.Implementation).GetCustomAttributes(inherit: true));
    }

    private static AuthorizationRules Combine(params ReadOnlySpan<IEnumerable<object>> levels)
    {
        List<object> metadata = [];
        bool allowsAnonymous = false;
        foreach (IEnumerable<object> level in levels)
        {
            object[] attributes = [.. level];
            if (attributes.Any(a => a is IAllowAnonymous))
            {
                metadata.Clear();
                allowsAnonymous = true;
                continue;
            }

            metadata.AddRange(attributes.Where(a => a is IAuthorizeData or IAuthorizationRequirementData or AuthorizationPolicy));
        }

        return new AuthorizationRules(metadata, allowsAnonymous);
    }

    /// <summary>The method of a class that implements a method of an interface.</summary>
    private static MethodInfo FindImplementation(MethodInfo declaration, TunnelMethod method, Type implementation)
    {
        InterfaceMapping map = implementation.GetInterfaceMap(method.DeclaringType!);
        int index = Array.IndexOf(map.InterfaceMethods, declaration);

        // Never skipped in silence: the attributes of a method that is not found might close it.
        return index >= 0 && map.TargetMethods[index] is { } found
            ? found
            : throw new InvalidOperationException(
                $"Expected a method of {implementation} that implements {declaration.DeclaringType}.{declaration.Name}, found none, so its "
                + "[Authorize] cannot be read. If the application is trimmed, register the class with "
                + "AddService<TService, TImplementation>.");
    }
}
