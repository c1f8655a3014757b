using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests.Documentation;

/// <summary>
/// Every C# block of README.md, of the pages in docs and of the pages of the packages compiles as it is written, with the generator and
/// without a warning.
/// </summary>
public sealed class SnippetTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "pages");

    /// <summary>The pages with C# blocks. GettingStartedTests compiles the files of docs/getting-started.md to projects.</summary>
    private static readonly DocumentationPage[] Pages =
    [
        .. Directory.EnumerateFiles(Folder, "*.md", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Folder, file).Replace('\\', '/'))
            .Where(name => name != "docs/getting-started.md")
            .Order(StringComparer.Ordinal)
            .Select(name => DocumentationPage.Parse(name, File.ReadAllText(Path.Combine(Folder, name))))
            .Where(page => page.Snippets.Count > 0),
    ];

    public static TheoryData<string> PageNames => [.. Pages.Select(page => page.Name)];

    [Theory]
    [MemberData(nameof(PageNames))]
    public async Task Blocks_of_a_page_compile(string name) => (await SnippetCompiler.GetProblemsAsync(Find(name))).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(PageNames))]
    public void Page_with_code_names_the_packages(string name) =>
        File.ReadAllText(Path.Combine(Folder, name)).ShouldContain("dotnet add package TunnelRpc.");

    [Theory]
    [MemberData(nameof(PageNames))]
    public void Block_that_requires_authorization_follows_the_middleware(string name)
    {
        bool hasMiddleware = false;
        foreach (Snippet snippet in Find(name).Snippets)
        {
            hasMiddleware |= snippet.Contains(".UseAuthentication()") && snippet.Contains(".UseAuthorization()");
            if (snippet.Contains(".RequireAuthorization("))
            {
                hasMiddleware.ShouldBeTrue($"{name}:{snippet.Line}");
            }
        }
    }

    [Fact]
    public void Few_blocks_are_not_compiled()
    {
        Pages.Select(page => page.Name).ShouldContain("README.md");
        Pages.Length.ShouldBeGreaterThanOrEqualTo(11);
        Snippet[] snippets = [.. Pages.SelectMany(page => page.Snippets)];
        snippets.Length.ShouldBeGreaterThanOrEqualTo(25);
        snippets.Count(snippet => snippet.Kind == SnippetKind.NotCompiled).ShouldBeLessThanOrEqualTo(1);
    }

    [Theory]
    [InlineData("statements", "int x = Missing();", "CS0103")]
    [InlineData("members", "int Count();", "TRPC0103")]
    [InlineData("declarations", "class A : IMissing;", "CS0246")]
    [InlineData("file", "List<string> names = [builder];", "CS0103")]
    [InlineData("statements", "WebApplication.Create();", "CS0103")]
    public async Task Mistake_in_a_block_is_found_with_its_line(string kind, string code, string id)
    {
        DocumentationPage page = DocumentationPage.Parse(
            "page.md", $"Text.\n\n<!-- snippet: {kind} -->\n```csharp\nusing TunnelRpc;\n\n{code}\n```\n");

        IReadOnlyList<string> problems = await SnippetCompiler.GetProblemsAsync(page);

        problems.ShouldContain(problem => problem.StartsWith("page.md(7,", StringComparison.Ordinal) && problem.Contains(id));
    }

    [Fact]
    public async Task Blocks_of_a_page_share_usings_declarations_and_variables()
    {
        DocumentationPage page = DocumentationPage.Parse(
            "page.md",
            """
            <!-- context
            public sealed record Order(int Id);

            partial class Snippets
            {
                IOrders orders => null!;
            }
            -->

            <!-- snippet: declarations -->
            ```csharp
            using TunnelRpc;

            [TunnelService]
            public partial interface IOrders { Task<Order> FindAsync(int id); }
            ```

            <!-- snippet: statements -->
            ```csharp
            Order order = await orders.FindAsync(1);
            ```

            <!-- snippet: statements, continued -->
            ```csharp
            Console.WriteLine(order.Id);
            ```

            <!-- snippet: members -->
            ```csharp
            [OneWay] Task PutAsync(Order order);
            ```

            ```csharp
            IOrders[] none = [];
            Console.WriteLine(none.Length);
            ```

            ```csharp
            WebApplication app = WebApplication.Create(args);
            app.Run();
            ```
            """);

        page.Snippets.Count.ShouldBe(6);
        (await SnippetCompiler.GetProblemsAsync(page)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("<!-- snippet: statements -->\n\n```csharp\n```\n", "page.md:2: expected a C# block after the marker.")]
    [InlineData("<!-- snippet: statements -->\n```json\n```\n", "page.md:2: expected a C# block after the marker.")]
    [InlineData("<!-- snippet: prose -->\n```csharp\n```\n", "page.md:1: expected statements, members, declarations or file.")]
    [InlineData("<!-- snippet: file, blazor -->\n```csharp\n```\n", "page.md:1: expected no options but web and continued.")]
    [InlineData("<!-- not compiled: -->\n```csharp\n```\n", "page.md:1: expected the reason.")]
    [InlineData("```cs\n```\n", "page.md:1: expected ```csharp.")]
    [InlineData("```csharp\n", "page.md:1: expected a line ```.")]
    [InlineData("<!-- context\n", "page.md:1: expected a line -->.")]
    public void Malformed_page_is_refused(string text, string message) =>
        Should.Throw<FormatException>(() => DocumentationPage.Parse("page.md", text)).Message.ShouldBe(message);

    private static DocumentationPage Find(string name) => Array.Find(Pages, page => page.Name == name)!;
}
