using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Shouldly;
using TunnelRpc.Generators.Tests.Documentation;
using Xunit;

namespace TunnelRpc.Generators.Tests;

/// <summary>The files that docs/getting-started.md shows make projects that compile, and the test that it shows passes.</summary>
public sealed partial class GettingStartedTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "pages", "docs", "getting-started.md"))
        .ReplaceLineEndings("\n");

    /// <summary>The text of each file by its path on the page, for instance "Server/Program.cs".</summary>
    private static readonly Dictionary<string, string> Files = Block()
        .Matches(Page).ToDictionary(m => m.Groups["path"].Value, m => m.Groups["text"].Value);

    private readonly Dictionary<string, byte[]> _images = [];

    [Fact]
    public void Every_code_block_of_the_page_names_its_file() =>
        Page.Split('\n')
            .Count(line => line.StartsWith("```csharp", StringComparison.Ordinal) || line.StartsWith("```xml", StringComparison.Ordinal))
                .ShouldBe(Files.Count);

    [Fact]
    public void Every_file_has_its_name_above_it()
    {
        // A reader of the rendered page does not see the language line of a block.
        string[] unnamed = [.. Files.Keys.Where(path => !Page.Contains($"`{path}`:\n\n```", StringComparison.Ordinal))];

        unnamed.ShouldBeEmpty();
    }

    [Fact]
    public void Every_package_of_the_page_exists()
    {
        string[] packages =
        [
            .. from file in Files
               where file.Key.EndsWith(".csproj", StringComparison.Ordinal)
               from reference in XDocument.Parse(file.Value).Descendants("PackageReference")
               let name = (string)reference.Attribute("Include")!
               where name.StartsWith("TunnelRpc", StringComparison.Ordinal)
               select name,
        ];

        packages.Length.ShouldBeGreaterThanOrEqualTo(4);
        packages.ShouldAllBe(name => Assembly.Load(name) != null);
    }

    [Fact]
    public async Task The_projects_compile_and_the_test_of_the_page_passes()
    {
        foreach (string project in Files.Keys.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal)))
        {
            Compile(Path.GetDirectoryName(project)!);
        }

        var context = new AssemblyLoadContext("getting-started", isCollectible: true);
        context.Resolving += (_, name) => _images.TryGetValue(name.Name!, out byte[]? image)
            ? context.LoadFromStream(new MemoryStream(image))
            : null;
        MethodInfo[] tests =
        [
            .. context.LoadFromAssemblyName(new AssemblyName("Tests")).GetExportedTypes()
                .SelectMany(type => type.GetMethods())
                .Where(method => method.IsDefined(typeof(FactAttribute))),
        ];

        tests.ShouldNotBeEmpty();
        foreach (MethodInfo test in tests)
        {
            await ((Task)test.Invoke(Activator.CreateInstance(test.DeclaringType!), null)!).WaitAsync(TimeSpan.FromSeconds(60));
        }

        context.Unload();
    }

    /// <summary>Compiles a project of the page after the projects that it references.</summary>
    private void Compile(string name)
    {
        if (_images.ContainsKey(name))
        {
            return;
        }

        XElement project = XDocument.Parse(Files[$"{name}/{name}.csproj"]).Root!;
        string[] references =
            [.. project.Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!))];
        foreach (string reference in references)
        {
            Compile(reference);
        }

        bool isWeb = (string)project.Attribute("Sdk")! == "Microsoft.NET.Sdk.Web";
        bool isExecutable = isWeb || (string?)project.Descendants("OutputType").SingleOrDefault() == "Exe";
        IEnumerable<string> sources =
            Files.Where(f => f.Key.StartsWith($"{name}/", StringComparison.Ordinal) && f.Key.EndsWith(".cs", StringComparison.Ordinal))
                .Select(f => f.Value);
        string implicitUsings = string.Concat(ImplicitUsings.Of(isWeb).Select(ns => $"global using global::{ns};\n"));
        Compilation compilation = CSharpCompilation.Create(
            name,
            sources.Append(implicitUsings).Select(Compilations.ParseText),
            [.. Compilations.References, .. references.Select(r => MetadataReference.CreateFromImage(_images[r]))],
            new CSharpCompilationOptions(
                isExecutable ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary,
                nullableContextOptions: NullableContextOptions.Enable,
                specificDiagnosticOptions: [new("CS1591", ReportDiagnostic.Suppress)]));
        Compilations.CreateDriver().RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);
        output.GetDiagnostics().Where(d => d.Severity != DiagnosticSeverity.Hidden).Select(d => d.ToString()).ShouldBeEmpty(name);
        _images[name] = Compilations.EmitImage(output);
    }

    [GeneratedRegex(@"^```(?:csharp|xml) file=(?<path>\S+)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
