namespace Corpus.Recursion;

public sealed record Node(int Value, Node? Next);

[TunnelService] public partial interface INodes { Task<Node> GetAsync(); }

public sealed class Folder
{
    public required string Name { get; init; }

    public List<Folder> Folders { get; } = [];

    public Folder(List<Folder> folders) => Folders = folders;
}

[TunnelService] public partial interface IFolders { Task<Folder> GetAsync(); }

// Two types that contain each other.
public sealed class Department
{
    public string Title { get; set; } = "";

    public Employee? Head { get; set; }
}

public sealed class Employee
{
    public string Name { get; set; } = "";

    public Department[] Leads { get; set; } = [];
}

[TunnelService] public partial interface IDepartments { Task<Department> GetAsync(); Task<Employee> EmployeeAsync(); }

// Through dictionaries, tuples, arrays and immutable collections.
public sealed class Json
{
    public Dictionary<string, Json>? Members { get; init; }

    public System.Collections.Immutable.ImmutableArray<Json>? Elements { get; init; }

    public (Json, Json)? Pair { get; init; }

    public string? Text { get; init; }
}

[TunnelService] public partial interface IJson { Task<Json> GetAsync(); }

// A struct that contains itself in a list.
public struct Branch
{
    public int Size { get; set; }

    public List<Branch>? Branches { get; set; }
}

[TunnelService] public partial interface IBranches { Task<Branch> GetAsync(); }

// A comment with its answers and the comment that it answers.
public abstract record Post(string Text);

public sealed record Comment(string Text, Comment? Answered, IReadOnlyList<Comment> Answers) : Post(Text);

[TunnelService] public partial interface IComments { Task<Comment> GetAsync(); IAsyncEnumerable<Comment> AllAsync(); }

public static class Values
{
    public static Node Node => new(1, new(2, new(3, null)));

    public static Folder Folder => new([new([]) { Name = "b" }]) { Name = "a" };

    public static Department Department => new() { Title = "t", Head = Employee };

    public static Employee Employee => new() { Name = "n", Leads = [new() { Title = "u" }] };

    public static Json Json => new()
    {
        Members = new() { ["a"] = new() { Text = "x" } },
        Elements = [new() { Text = "y" }],
        Pair = (new() { Text = "z" }, new()),
        Text = "t",
    };

    public static Branch Branch => new() { Size = 1, Branches = [new() { Size = 2 }] };

    public static Comment Comment => new("a", new("b", null, []), [new("c", null, [])]);
}
