using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Parsing;

// Decision: docs/adr/0081-more-types-of-the-platform.md
/// <summary>
/// Distinguishes the types of the .NET platform from types of applications and packages in namespaces of the same names, such as those that
/// supply a newer type of the platform to an older version.
/// </summary>
internal static class PlatformTypes
{
    /// <summary>The public key tokens with which the assemblies of .NET, .NET Framework and .NET Standard are signed.</summary>
    private static readonly HashSet<ulong> Tokens =
    [
        0x7cec85d7bea7798e,
        0xb03f5f7f11d50a3a,
        0xb77a5c561934e089,
        0xcc7b13ffcd2ddd51,
        0x31bf3856ad364e35,
        0xadb9793829ddae60,
    ];

    /// <summary>Returns whether a type is of the .NET platform: in a namespace of it, and in an assembly of it.</summary>
    public static bool Contains(INamedTypeSymbol type) => IsInNamespace(type) && IsInAssembly(type);

    /// <summary>Returns whether a type is in a namespace of the .NET platform and not of the platform.</summary>
    public static bool IsNamesake(ITypeSymbol type) => type is INamedTypeSymbol named && IsInNamespace(named) && !IsInAssembly(named);

    private static bool IsInNamespace(INamedTypeSymbol type)
    {
        INamespaceSymbol? space = type.ContainingNamespace;
        while (space is { ContainingNamespace: { IsGlobalNamespace: false } container })
        {
            space = container;
        }

        return space is { IsGlobalNamespace: false, Name: "System" };
    }

    private static bool IsInAssembly(INamedTypeSymbol type) =>
        type.ContainingAssembly is { Identity.PublicKeyToken: { IsDefaultOrEmpty: false } token }
        && Tokens.Contains(token.Aggregate(0UL, (value, next) => (value << 8) | next));
}
