namespace TunnelRpc.Calls;

/// <summary>The names of the parameters of methods, for errors of their arguments. Stateless.</summary>
internal static class ArgumentNames
{
    /// <summary>The names of the parameters whose values <typeparamref name="TArgs"/> has; null if its type was not generated.</summary>
    public static IReadOnlyList<string>? Of<TArgs>() => default(TArgs) is ITunnelArguments<TArgs> { Names: var names } ? names : null;
}
