namespace TunnelRpc.Generators.Tests.Documentation;

/// <summary>What a C# block of a page is, and so what the test adds to compile it.</summary>
internal enum SnippetKind
{
    /// <summary>A whole file. Nothing is added but the implicit usings of the SDK. A block without a marker.</summary>
    File,

    /// <summary>Declarations of types, with the usings of the blocks before it on the page.</summary>
    Declarations,

    /// <summary>Methods of a contract, with the usings of the blocks before it on the page.</summary>
    Members,

    /// <summary>The body of an asynchronous method, with the usings of the blocks before it on the page.</summary>
    Statements,

    /// <summary>Is not compiled; the marker gives the reason.</summary>
    NotCompiled,
}
