using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TunnelRpc.Generators.Caching;

/// <summary>
/// What a source file declares: the names that other files can refer to, and the interfaces that may be contracts. Computed once for each
/// file, without a semantic model. Immutable.
/// </summary>
internal sealed class FileDeclarations
{
    private static readonly ConditionalWeakTable<SyntaxTree, FileDeclarations> Files = new();

    private FileDeclarations(SyntaxTree file, CancellationToken cancellationToken)
    {
        var visitor = new Visitor();
        visitor.Add((CompilationUnitSyntax)file.GetRoot(cancellationToken));
        NameHash = visitor.Hash;
        Interfaces = visitor.Interfaces;
    }

    /// <summary>
    /// A hash (FNV-1a) of the declarations, without the members of types other than types and constants, and of what affects other files:
    /// global usings and attributes of the assembly.
    /// </summary>
    public ulong NameHash { get; }

    /// <summary>The interfaces with an attribute, in source order.</summary>
    public IReadOnlyList<InterfaceDeclarationSyntax> Interfaces { get; }

    /// <summary>Returns the declarations of a file.</summary>
    public static FileDeclarations Of(SyntaxTree file, CancellationToken cancellationToken)
    {
        if (!Files.TryGetValue(file, out FileDeclarations? declarations))
        {
            declarations = Files.GetValue(file, f => new FileDeclarations(f, cancellationToken));
        }

        return declarations;
    }

    /// <summary>Visits the declarations of one file.</summary>
    private sealed class Visitor
    {
        private readonly List<InterfaceDeclarationSyntax> _interfaces = [];

        public ulong Hash { get; private set; } = 14695981039346656037;

        public IReadOnlyList<InterfaceDeclarationSyntax> Interfaces => _interfaces;

        public void Add(CompilationUnitSyntax file)
        {
            AddNodes(file.Usings.Where(u => !u.GlobalKeyword.IsKind(SyntaxKind.None)));
            AddNodes(file.AttributeLists);
            AddMembers(file.Members);
        }

        private void AddMembers(IEnumerable<MemberDeclarationSyntax> members)
        {
            foreach (MemberDeclarationSyntax member in members)
            {
                switch (member)
                {
                    case BaseNamespaceDeclarationSyntax space:
                        AddText(space.Name.ToString());
                        AddMembers(space.Members);
                        AddText("}");
                        break;
                    case TypeDeclarationSyntax type:
                        if (type is InterfaceDeclarationSyntax { AttributeLists.Count: > 0 } contract)
                        {
                            _interfaces.Add(contract);
                        }

                        AddText(type.Keyword.Text);
                        AddText(type.Modifiers.ToString());
                        AddText(type.Identifier.Text);
                        AddNodes([type.TypeParameterList, type.BaseList, .. type.ConstraintClauses]);
                        AddMembers(type.Members);
                        AddText("}");
                        break;
                    case EnumDeclarationSyntax or DelegateDeclarationSyntax:
                    case FieldDeclarationSyntax field when field.Modifiers.Any(SyntaxKind.ConstKeyword):
                        AddText(member.ToString());
                        break;
                }
            }
        }

        private void AddNodes(IEnumerable<SyntaxNode?> nodes)
        {
            foreach (SyntaxNode? node in nodes)
            {
                AddText(node?.ToString() ?? "");
            }
        }

        private void AddText(string text)
        {
            foreach (char c in text)
            {
                Add(c);
            }

            // Separates texts: no text contains this character.
            Add('\0');
        }

        private void Add(char c) => Hash = unchecked((Hash ^ c) * 1099511628211);
    }
}
