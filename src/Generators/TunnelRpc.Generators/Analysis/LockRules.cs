using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace TunnelRpc.Generators.Analysis;

// Decision: docs/adr/0084-grades-of-changes.md
/// <summary>
/// The diagnostics of a project with a contract lock: one for each grade of a change, and one for a lock that cannot be read.
/// </summary>
internal static class LockRules
{
    public static readonly DiagnosticDescriptor Unreadable = Rules.CreateRule(
        "TRPC0600",
        "A contract lock cannot be read",
        "TunnelContracts.lock cannot be read: {0}",
        "The contracts of the project are not compared with a lock that cannot be read.",
        DiagnosticSeverity.Error,
        WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor Breaks = Rules.CreateRule(
        "TRPC0601",
        "A change of a contract breaks a peer",
        "{0} Undo the change, or accept it with \"tunnelrpc contract lock --accept\" after a build with TunnelContractLock=false.",
        "The contract differs from TunnelContracts.lock, and a peer with the locked version fails or loses values.",
        DiagnosticSeverity.Error,
        WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor Surprises = Rules.CreateRule(
        "TRPC0602",
        "A change of a contract may surprise a peer",
        "{0} If this is intended, update the lock with \"tunnelrpc contract lock\".",
        "The contract differs from TunnelContracts.lock, and a peer with the locked version may get what it does not expect.",
        DiagnosticSeverity.Warning);

    public static readonly DiagnosticDescriptor NotLocked = Rules.CreateRule(
        "TRPC0603",
        "A part of a contract is not in the lock",
        "TunnelContracts.lock does not have all of '{0}': {1}{2} Add it by the code fix, or with \"tunnelrpc contract lock\" after a build "
        + "with TunnelContractLock=false.",
        "Each part of a contract is in TunnelContracts.lock, so that its next change is compared with it.",
        DiagnosticSeverity.Error);

    public static readonly ImmutableArray<DiagnosticDescriptor> All = ImmutableArray.Create(Unreadable, Breaks, Surprises, NotLocked);
}
