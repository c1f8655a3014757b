namespace System.Runtime.CompilerServices;

/// <summary>The compiler requires this type to compile records for netstandard2.0.</summary>
internal static class IsExternalInit;
